/** Changes of services that let the scheduler place tasks again, and how those stand. */
import { z } from "zod";
import type { DockerCall } from "../docker-api";

/** Label of a service that has more replicas for a while: `<replicas>+<more>`. A label touches no task. */
const LABEL = "swarm-ha.rebalance";

/** Replicas that a service is to have again; undefined when it has no more than that. */
export function unfinishedIn(labels: Readonly<Record<string, string>>, replicas: number): number | undefined {
  const [, usual, more] = /^(\d+)\+(\d+)$/.exec(labels[LABEL] ?? "") ?? [];
  // Somebody has set another number since: that one counts.
  return usual !== undefined && Number(usual) + Number(more) === replicas ? Number(usual) : undefined;
}

/** Whether {@link scale} has left its label on a service whose additional replicas are gone, or whose number somebody has changed. */
export function isStale(labels: Readonly<Record<string, string>>, replicas: number): boolean {
  return labels[LABEL] !== undefined && unfinishedIn(labels, replicas) === undefined;
}

const serviceSchema = z.object({
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({
    Labels: z.record(z.string(), z.string()).nullish(),
    Mode: z.looseObject({ Replicated: z.looseObject({ Replicas: z.number().optional() }).nullish() }).nullish(),
    TaskTemplate: z.looseObject({ ForceUpdate: z.number().optional() }),
  }),
  UpdateStatus: z.object({ State: z.string().optional(), Message: z.string().optional() }).nullish(),
});

type Spec = z.infer<typeof serviceSchema>["Spec"];

/** Changes a service. The version makes the call fail if somebody changed it in between. */
async function change(call: DockerCall, id: string, changed: (spec: Spec) => Spec | undefined): Promise<void> {
  const { Version, Spec } = serviceSchema.parse(await call("GET", `/services/${id}`));
  const spec = changed(Spec);
  if (spec !== undefined) await call("POST", `/services/${id}/update?version=${String(Version.Index)}`, spec);
}

/**
 * Begins an update that changes nothing and places all tasks again, unless another one has begun since.
 *
 * @param forced the service's counter when the move was planned
 */
export function forceUpdate(call: DockerCall, id: string, forced: number): Promise<void> {
  return change(call, id, (spec) =>
    (spec.TaskTemplate.ForceUpdate ?? 0) === forced
      ? { ...spec, TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: forced + 1 } }
      : undefined,
  );
}

/**
 * Gives a service more replicas for a while, or takes them away again.
 *
 * @param usual replicas that it has otherwise
 * @param more additional ones; 0 takes them away
 * @throws Error when somebody else has changed the number meanwhile
 */
export function scale(call: DockerCall, id: string, usual: number, more: number): Promise<void> {
  return change(call, id, (spec) => {
    const { Labels, Mode } = spec;
    const found = Mode?.Replicated?.Replicas ?? 1;
    const now = unfinishedIn(Labels ?? {}, found) ?? found;
    if (now !== usual) throw new Error(`somebody has changed its replicas to ${String(found)} meanwhile`);
    if (found === usual + more) return undefined;
    // The label stays when they are taken away: a second change removes it, so that `docker service rollback` never goes
    // back to a description with more replicas.
    const labels = more === 0 ? Labels : { ...Labels, [LABEL]: `${String(usual)}+${String(more)}` };
    const replicated = { ...Mode?.Replicated, Replicas: usual + more };
    return { ...spec, Labels: labels, Mode: { ...Mode, Replicated: replicated } };
  });
}

/** Removes the mark of {@link scale}. */
export function forgetScale(call: DockerCall, id: string): Promise<void> {
  return change(call, id, (spec) => {
    if (spec.Labels?.[LABEL] === undefined) return undefined;
    return { ...spec, Labels: Object.fromEntries(Object.entries(spec.Labels).filter(([key]) => key !== LABEL)) };
  });
}

/** How an update of a service stands. */
export interface UpdateState {
  /** `updating`, `completed`, `paused`, `rollback_started`, `rollback_paused` or `rollback_completed`; empty before it begins. */
  readonly state: string;
  /** The swarm's words about it. */
  readonly message: string;
}

/** Asks a manager how the update of a service stands. @throws Error when it can't be asked, or there is no such service */
export async function readUpdate(call: DockerCall, id: string): Promise<UpdateState> {
  const { UpdateStatus } = serviceSchema.parse(await call("GET", `/services/${id}`));
  return { state: UpdateStatus?.State ?? "", message: UpdateStatus?.Message ?? "" };
}

const tasksSchema = z.array(
  z.object({
    DesiredState: z.string(),
    CreatedAt: z.string(),
    Status: z.object({ State: z.string(), Err: z.string().optional() }),
  }),
);

/** How many tasks of a service run, and what keeps others from it. */
export interface RunningTasks {
  /** Those that are to run on. */
  readonly staying: number;
  /** Those that are to stop, and still run. */
  readonly leaving: number;
  /** Error of the newest task that has one; empty when none has. */
  readonly error: string;
}

/** Asks a manager. @throws Error when it can't be asked */
export async function readRunning(call: DockerCall, id: string): Promise<RunningTasks> {
  const filters = encodeURIComponent(JSON.stringify({ service: [id] }));
  const tasks = tasksSchema.parse(await call("GET", `/tasks?filters=${filters}`));
  const running = tasks.filter(({ Status }) => Status.State === "running");
  const staying = running.filter(({ DesiredState }) => DesiredState === "running").length;
  const failed = tasks.filter(({ Status }) => (Status.Err ?? "") !== "");
  const newest = failed.sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0];
  return { staying, leaving: running.length - staying, error: newest?.Status.Err ?? "" };
}
