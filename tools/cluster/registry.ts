import { z } from "zod";
import type { DockerCall } from "./docker-api";
import type { Match } from "./match";
import type { Problem } from "./model";
import { commands } from "./words";

/** The registry's service: stack `registry`, service `registry`. */
const SERVICE = "registry_registry";

/** What the registry's replicas are told while its garbage is collected; see scripts/registry-gc.sh. */
const READ_ONLY = "REGISTRY_STORAGE_MAINTENANCE_READONLY=";

/** The registry as the swarm has it. */
export interface LiveRegistry {
  /** Whether it refuses pushes. */
  readonly readOnly: boolean;
  /** The replicas that there are to be, by node id. */
  readonly replicas: Readonly<Record<string, { readonly state: string; readonly error: string }>>;
}

/** `GET /services/…`, as far as it is of interest. Source: Docker Engine API v1.41. */
const serviceSchema = z.object({
  Spec: z.object({ TaskTemplate: z.object({ ContainerSpec: z.object({ Env: z.array(z.string()).nullish() }) }) }),
});

/** Likewise, `GET /tasks`. */
const tasksSchema = z.array(
  z.object({
    NodeID: z.string().optional(),
    DesiredState: z.string(),
    CreatedAt: z.string(),
    Status: z.object({ State: z.string(), Err: z.string().optional() }),
  }),
);

/** Asks a manager. @throws Error when it can't be asked, or there is no such service */
export async function readRegistry(call: DockerCall): Promise<LiveRegistry> {
  const filters = encodeURIComponent(JSON.stringify({ service: [SERVICE] }));
  const [service, tasks] = await Promise.all([
    call("GET", `/services/${SERVICE}`),
    call("GET", `/tasks?filters=${filters}`),
  ]);
  const env = serviceSchema.parse(service).Spec.TaskTemplate.ContainerSpec.Env ?? [];
  const replicas: Record<string, { state: string; error: string }> = {};
  // The newest of a node counts; why the one before it failed is worth telling.
  for (const task of tasksSchema.parse(tasks).sort((a, b) => a.CreatedAt.localeCompare(b.CreatedAt))) {
    if (task.NodeID === undefined) continue;
    const wanted = task.DesiredState === "running" || task.DesiredState === "ready";
    const error = task.Status.Err ?? replicas[task.NodeID]?.error ?? "";
    replicas[task.NodeID] = { state: wanted ? task.Status.State : "none", error };
  }
  return { readOnly: env.some((line) => line.startsWith(READ_ONLY)), replicas };
}

/**
 * Registry hosts on which no replica runs, and a registry that refuses pushes. Pure.
 *
 * A host that isn't Ready has a line of its own, which says enough.
 */
export function registryProblems(
  stack: string,
  matches: readonly Match[],
  live: LiveRegistry | { readonly error: string } | undefined,
): Problem[] {
  const { up, docker } = commands(stack);
  const kind = "registry";
  if (live === undefined) return [];
  if ("error" in live) {
    return [{ kind, hosts: [], text: `The managers can't tell how the registry is (${live.error}): ${up}` }];
  }
  const problems: Problem[] = [];
  if (live.readOnly) {
    const text =
      "The registry refuses pushes, as long as its garbage is collected. Where nobody does that now, it was cut short, " +
      `and this ends it: npm run registry:gc -- ${stack}`;
    problems.push({ kind, hosts: [], text });
  }
  for (const { desired, node } of matches) {
    if (desired.role !== "registry" || node?.state !== "ready") continue;
    const { state, error } = live.replicas[node.id] ?? { state: "none", error: "" };
    if (state === "running") continue;
    const why = error === "" ? "" : `; the last one failed: ${error}`;
    const seen = state === "none" ? "" : ` (${state})`;
    const text =
      `${desired.name} (registry in ${desired.zone}) runs no replica of the registry${seen}${why}. If that lasts longer ` +
      `than a minute: ${docker} service ps --no-trunc ${SERVICE}`;
    problems.push({ kind, hosts: [desired.name], text });
  }
  return problems;
}
