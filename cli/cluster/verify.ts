/**
 * The check of the running cluster before a command reports success. The state only records what was done once, and an
 * `up` that changes nothing asks no host.
 */
import { factsOf } from "../platform/facts";
import { readStackFile } from "../pulumi/project";
import { createProgress } from "../terminal/progress";
import type { Evaluation } from "./evaluate";
import { settle } from "./inspect";
import type { Problem } from "./model";
import { readStack } from "./stack";

/**
 * Seconds to wait for health after an `up` on a platform that only Pulumi ESC names. A worker whose Docker engine was restarted
 * with other labels stops its ingress for up to 20 s first; the next one has to find the swarm.
 */
const NOTICE_LIMIT = 120;
/** Seconds that a swarm may take to recover after its hosts were started: an election alone takes 21. */
const RECOVERY_LIMIT = 120;

/** Seconds to wait for a node that was Down before: a Docker engine that a step has started joins within 10. */
const RETURN_LIMIT = 20;

/** Problems that don't pass by themselves: waiting is useless. */
const LASTING: readonly Problem["kind"][] = ["locked", "host", "swarm", "identity", "unmanaged", "service"];

/** What was changed before the check. */
interface Recovery {
  /** Whether hosts were just started or recreated: then all other problems may be temporary. */
  readonly changed: boolean;
  /** Names of removed hosts: nothing waits for them. */
  readonly gone: readonly string[];
}

/** Whether waiting longer can't help. Pure. */
export function isSettled({ status, problems }: Pick<Evaluation, "status" | "problems">, recovery?: Recovery): boolean {
  if (status.healthy) return true;
  if (recovery === undefined) return problems.some(({ kind }) => LASTING.includes(kind));
  // Whatever else comes back meanwhile: it stays locked.
  if (problems.some(({ kind }) => kind === "locked")) return true;
  const lasts = ({ hosts, redo }: Problem): boolean =>
    redo !== undefined || (hosts.length > 0 && hosts.every((host) => recovery.gone.includes(host)));
  return problems.every(lasts);
}

/** Whether a node is Down since before that moment, when nothing has changed it. Pure. */
export function stayedDown({ matches }: Pick<Evaluation, "matches">, since: Date): boolean {
  return matches.some(({ node }) => node?.state === "down" && Date.parse(node.updatedAt) < since.getTime());
}

/**
 * Observes the cluster until it is healthy, or waiting longer can't help.
 *
 * @param recovery What was brought back before. @default nothing
 * @param begun When the run began that is checked: it hasn't changed the nodes that were Down before. @default unknown
 */
export async function verify(stack: string, recovery?: Recovery, begun?: Date): Promise<Evaluation> {
  const live = await readStack(stack);
  const recovering = recovery !== undefined && (recovery.changed || recovery.gone.length > 0);
  const limit = recovering ? RECOVERY_LIMIT : (factsOf(readStackFile(stack))?.noticeSeconds ?? NOTICE_LIMIT);
  const started = Date.now();
  const enough = (seen: Evaluation): boolean =>
    isSettled(seen, recovering ? recovery : undefined) ||
    (begun !== undefined && Date.now() - started > RETURN_LIMIT * 1000 && stayedDown(seen, begun));
  return createProgress().step(`Checking the stack ${stack}`, "1 to 10 s", (note) =>
    settle(live, { limit, note, enough, deep: true }),
  );
}

/** The message of a command that has done its work when the cluster isn't healthy. Every problem names its remedy. */
export function unhealthyText(stack: string, { status }: Evaluation): string {
  return `The stack ${stack} is not healthy:\n${status.problems.map((text) => `  - ${text}`).join("\n")}`;
}
