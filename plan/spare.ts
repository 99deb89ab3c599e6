import type { HostSpec } from "./placement";

/** A temporary worker besides the configured ones: it takes the tasks of a worker that is replaced. */
export interface Spare {
  readonly pool: string;
  readonly zone: string;
}

/** Variable with the spare worker of a run, `<pool>@<zone>`; `npm run replace -- … --surge` sets it. */
export const SPARE_WORKER = "SWARM_HA_SPARE_WORKER";

/** The variable's value; empty for none. */
export function spareText(spare: Spare | undefined): string {
  return spare === undefined ? "" : `${spare.pool}@${spare.zone}`;
}

/** The spare worker of this run. @throws Error when the variable isn't `<pool>@<zone>` */
export function spareIn(env: NodeJS.ProcessEnv): Spare | undefined {
  const text = env[SPARE_WORKER] ?? "";
  if (text === "") return undefined;
  const [, pool, zone] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (pool === undefined || zone === undefined) throw new Error(`${SPARE_WORKER} is '${text}'; write <pool>@<zone>`);
  return { pool, zone };
}

/** The spare worker as a host: the next one of its pool, in the given zone. */
export function spareHost({ pool, zone }: Spare, count: number, labels: HostSpec["labels"]): HostSpec {
  return { name: `${pool}-${count + 1}`, role: "worker", zone, pool, labels };
}
