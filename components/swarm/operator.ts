import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { HostSpec } from "../../plan/placement";
import { hostLines, type PlannedHost } from "../../plan/batches";
import { bastionStep } from "../ssh/remote-step";
import { ON_HOST, readScript } from "../ssh/script";
import type { SwarmContext } from "./context";

/** A manager's place in the address plan. */
export interface ManagerAddress {
  /** Host name. */
  readonly name: string;
  /** Its fixed private address. */
  readonly address: string;
}

/**
 * The managers of a plan.
 *
 * @throws Error when one has no fixed address: managers keep theirs for life, and Raft knows them by it.
 */
export function managersOf(hosts: readonly HostSpec[]): ManagerAddress[] {
  return hosts
    .filter((host) => host.role === "manager")
    .map(({ name, address }) => {
      if (address === undefined) throw new Error(`the plan has no fixed address for ${name}`);
      return { name, address };
    });
}

/** The cluster-wide steps, which all run on the operator, and what takes the steps of hosts to their host. */
const CLUSTER_STEPS = ["init", "token", "node", "remove-node", "stack", "remove-stack", "acme", ON_HOST];

/** Tells the operator who the managers are, which hosts there are to be, and whom to trust. Runs on the operator. */
export function prepareOperator(
  managers: readonly ManagerAddress[],
  hosts: readonly PlannedHost[],
  context: SwarmContext,
  parent: pulumi.Resource,
): command.remote.Command {
  return bastionStep(
    "prepare-operator",
    {
      connection: context.operator.connection,
      script: "operator",
      installed: false,
      triggers: [context.operator.identity],
      input: {
        managers: managers.map(({ name, address }) => `${name} ${address}`),
        hosts: hostLines(hosts, context.config),
        ca: context.pki.ca,
        certificate: context.pki.operator.certificate,
        drain: context.config.drain,
        steps: Object.fromEntries(CLUSTER_STEPS.map((step) => [step, readScript(step).text])),
      },
    },
    { parent, dependsOn: [...context.operator.ready], deletedWith: context.lifetime },
  );
}
