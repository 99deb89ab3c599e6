/** Tasks that the scheduler has no node for, and services that a replacement would leave without one. */
import { z } from "zod";
import type { DockerCall } from "./docker-api";
import type { LiveTasks, Problem } from "./model";
import { commands, list, since } from "./words";

/** `GET /services`, as far as it is of interest. Source: Docker Engine API v1.41. */
const servicesSchema = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      TaskTemplate: z.object({
        Placement: z.object({ Constraints: z.array(z.string()).nullish() }).nullish(),
      }),
    }),
  }),
);

/** `GET /tasks`, likewise. */
const tasksSchema = z.array(
  z.object({
    ServiceID: z.string(),
    NodeID: z.string().optional(),
    CreatedAt: z.string(),
    Status: z.object({ State: z.string(), Err: z.string().optional() }),
  }),
);

/** Seconds that a task may wait for a node. After a change, room is often free a moment later. */
const PATIENCE = 15;

/** Asks a manager. @throws Error when it can't be asked */
export async function readTasks(call: DockerCall): Promise<LiveTasks> {
  const wanted = encodeURIComponent(JSON.stringify({ "desired-state": ["running"] }));
  const [services, tasks] = await Promise.all([
    call("GET", "/services").then((answer) => servicesSchema.parse(answer)),
    call("GET", `/tasks?filters=${wanted}`).then((answer) => tasksSchema.parse(answer)),
  ]);
  return {
    services: services.map(({ ID: id, Spec: { Name: name, TaskTemplate } }) => ({
      name,
      constraints: TaskTemplate.Placement?.Constraints ?? [],
      waiting: tasks.flatMap(({ ServiceID, NodeID, CreatedAt, Status: { State, Err = "" } }) =>
        // The scheduler gives a task its node first, and its state afterwards.
        ServiceID === id && State === "pending" && (NodeID ?? "") === "" && Err !== ""
          ? [{ since: CreatedAt, reason: Err }]
          : [],
      ),
    })),
  };
}

/** Services with tasks that no node takes. Pure. */
export function placementProblems(
  stack: string,
  live: LiveTasks | { readonly error: string } | undefined,
  now: Date,
): Problem[] {
  if (live === undefined || "error" in live) return [];
  return live.services.flatMap(({ name, constraints, waiting }): Problem[] => {
    const late = waiting.filter((task) => now.getTime() - new Date(task.since).getTime() >= PATIENCE * 1000);
    const [first] = [...late].sort((a, b) => a.since.localeCompare(b.since));
    if (first === undefined) return [];
    const count = late.length === 1 ? "1 task of the service" : `${late.length} tasks of the service`;
    const rules = constraints.length === 0 ? "" : ` Its constraints: ${constraints.join(", ")}.`;
    const text =
      `${count} ${name} can't be placed${since(first.since, now)}: ${list([...new Set(late.map((task) => task.reason))])}.${rules} ` +
      `Change the service or the nodes. Details: ${commands(stack).docker} service ps --no-trunc ${name}`;
    return [{ kind: "application", hosts: [], text }];
  });
}

/** Names of services that only this very node may run, and that no successor may: it has another id. Pure. */
export function pinnedTo(nodeId: string, live: LiveTasks | { readonly error: string } | undefined): string[] {
  if (live === undefined || "error" in live) return [];
  const pin = new RegExp(`^\\s*node\\.id\\s*==\\s*${nodeId}\\s*$`, "i");
  return live.services.filter(({ constraints }) => constraints.some((one) => pin.test(one))).map(({ name }) => name);
}
