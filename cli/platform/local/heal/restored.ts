/** What a new container of a host needs from the state: its secrets, and the files that steps have written on it. */
import type { ContainerFile } from "../../../../components/platform/local/container-spec";
import type { ContainerState } from "../../../../components/platform/local/provider/container-resource";
import { nameOf, resourcesOf, unwrap, type Deployment } from "../../../cluster/deployment";

/** A host's inputs, files included, and the files that steps rely on. */
interface Recipe {
  readonly state: ContainerState;
  readonly more: readonly ContainerFile[];
}

/**
 * The join step's record that this host is a member (scripts/join.sh). Without it, the step would take a Docker engine that is
 * still connecting to the other managers for an interrupted join, and leave the swarm.
 */
const JOINED = "/etc/swarm-ha/joined";

/**
 * Reads a host's recipe from a state with its secrets in plain text. Pure.
 *
 * @throws Error when the state has no such host
 */
export function recipeOf(deployment: Deployment, urn: string): Recipe {
  const resources = resourcesOf(deployment);
  const instance = resources.find((resource) => resource.urn === urn);
  if (instance?.outputs === undefined) throw new Error(`the state has no outputs of ${urn}`);
  const state = unwrap(instance.outputs) as ContainerState;
  const printed = (step: RegExp): { nodeId?: string; at?: number } => {
    const found = resources.find((resource) => step.test(nameOf(resource.urn)));
    const stdout = unwrap(found?.outputs?.["stdout"]);
    return typeof stdout === "string" && stdout !== "" ? (JSON.parse(stdout) as { nodeId?: string; at?: number }) : {};
  };
  const { nodeId } = printed(new RegExp(`^join-(manager|worker)-${state.hostname}$`));
  const { at } = printed(new RegExp(`^token-${state.hostname}$`));
  const content = nodeId === undefined ? undefined : `${nodeId} ${at === undefined ? "" : String(at)}\n`;
  return { state, more: content === undefined ? [] : [{ path: JOINED, mode: "0644", content }] };
}
