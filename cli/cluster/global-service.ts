/** What the registry's and the ingress's services have in common: one replica on each host of their tier. */
import { z } from "zod";
import type { Role } from "../../plan/roles";
import type { DockerCall } from "./docker-api";
import type { Match } from "./match";
import type { Problem, Replicas } from "./model";
import { commands } from "./words";

/** `GET /tasks`, as far as it is of interest. Source: Docker Engine API v1.41. */
const tasksSchema = z.array(
  z.object({
    NodeID: z.string().optional(),
    DesiredState: z.string(),
    CreatedAt: z.string(),
    Status: z.object({ State: z.string(), Err: z.string().optional() }),
  }),
);

/** Asks a manager. @throws Error when it can't be asked, or there is no such service */
export async function readReplicas(call: DockerCall, service: string): Promise<Replicas> {
  const filters = encodeURIComponent(JSON.stringify({ service: [service] }));
  const tasks = tasksSchema.parse(await call("GET", `/tasks?filters=${filters}`));
  const replicas: Record<string, { state: string; error: string }> = {};
  // A node's newest task counts. Where that has no error yet, the last error of an older one is kept.
  for (const task of tasks.sort((a, b) => a.CreatedAt.localeCompare(b.CreatedAt))) {
    if (task.NodeID === undefined) continue;
    const wanted = task.DesiredState === "running" || task.DesiredState === "ready";
    const error = task.Status.Err ?? replicas[task.NodeID]?.error ?? "";
    replicas[task.NodeID] = { state: wanted ? task.Status.State : "none", error };
  }
  return replicas;
}

/**
 * Hosts of a tier on which no replica of its service runs. Hosts that aren't Ready are other problems. Pure.
 *
 * @param service its tier, its name in the swarm, and its name in messages
 */
export function missingReplicas(
  stack: string,
  matches: readonly Match[],
  replicas: Replicas,
  service: { readonly role: Role; readonly name: string; readonly what: string },
): Pick<Problem, "hosts" | "text">[] {
  return matches.flatMap(({ desired, node }) => {
    if (desired.role !== service.role || node?.state !== "ready") return [];
    const { state, error } = replicas[node.id] ?? { state: "none", error: "" };
    if (state === "running") return [];
    const why = error === "" ? "" : `; the last one failed: ${error}`;
    const seen = state === "none" ? "" : ` (${state})`;
    const text =
      `${desired.name} (${desired.role} in ${desired.zone}) runs no replica of the ${service.what}${seen}${why}. If that ` +
      `lasts longer than a minute: ${commands(stack).docker} service ps --no-trunc ${service.name}`;
    return [{ hosts: [desired.name], text }];
  });
}
