/** One round: a healthy stack, faults, perhaps a command, and a repair that has to end healthy. */
import { setTimeout as sleep } from "node:timers/promises";
import { until, type Ran } from "../../test/support/run";
import type { TestStack } from "../../test/support/test-stack";
import { ENGINE_VERSIONS } from "../../config/platforms/local/engines";
import { messageOf } from "../../components/message";
import { hurt, tidy, unblock, type Target } from "./faults";
import { takesMajority, touchesApplications, type Command, type Round, type Shape } from "./model";
import type { Witness } from "./witness";

/** Seconds for one command. A replacement waits up to 10 minutes for a removal, and then fails. */
const COMMAND_LIMIT = 900;
/** Seconds of requests after the repair, of which none may fail. */
const QUIET = 4;

/** What came of a round. */
export interface RoundResult {
  /** What must not be; none when all is well. */
  readonly violations: readonly string[];
  /** Seconds of the repair, and of a recovery. */
  readonly repairSeconds: number;
  /** Whether a new cluster was forced. */
  readonly recovered: boolean;
  /** The longest time without an answer of the application, in seconds. */
  readonly longestGap: number;
}

/** Runs a round on a healthy stack. */
export async function runRound(scene: Scene, round: Round): Promise<RoundResult> {
  const { stack, witness, shape, log } = scene;
  const begun = Date.now();
  const violations: string[] = [];
  witness.violations.length = 0;
  witness.begin();
  try {
    await witness.write();
    for (const fault of round.faults) {
      await hurt(scene, fault).catch((error: unknown) => {
        log(`could not ${fault.kind}: ${messageOf(error)}`);
      });
    }
    if (round.command !== undefined) await command(stack, round.command, log);
    await witness.write();
    await unblock(scene, round.faults);
    const { ran, recovered, seconds } = await repairAndRecover(stack, takesMajority(round, shape), log);
    if (ran.code !== 0) {
      violations.push(`the repair ended with ${String(ran.code)}:\n${ran.output.slice(-3000)}`);
    } else {
      await until("the stack to be healthy", 60, async () => {
        const { code, status } = await stack.status();
        return code === 0 ? undefined : status.problems.join("\n");
      }).catch((error: unknown) => violations.push(`after the repair: ${messageOf(error)}`));
    }
    const healthy = Date.now();
    await sleep(QUIET * 1000);
    const quiet = witness.report(healthy);
    const whole = witness.report(begun);
    await witness.end();
    if (recovered) witness.forgive();
    if (violations.length === 0) {
      await witness.check();
      if (quiet.requests === 0) violations.push("the application was not asked after the repair");
      if (quiet.failed.length > 0) violations.push(`requests failed after the repair: ${quiet.failed.join("; ")}`);
      if (!touchesApplications(round, shape) && whole.failed.length > 0) {
        violations.push(
          `no fault touched the application, and requests failed: ${whole.failed.slice(0, 10).join("; ")}`,
        );
      }
    }
    // A stack that isn't healthy is created again.
    if (violations.length + witness.violations.length === 0) await tidy(scene, round.faults);
    return {
      violations: [...violations, ...witness.violations],
      repairSeconds: seconds,
      recovered,
      longestGap: whole.longestGap,
    };
  } finally {
    await witness.end();
  }
}

/** Where rounds take place. */
export interface Scene extends Target {
  readonly witness: Witness;
  readonly shape: Shape;
  readonly log: (text: string) => void;
}

async function command(stack: TestStack, { name, host, killedAfter }: Command, log: Scene["log"]): Promise<void> {
  const args = {
    repair: ["repair", stack.name, "--yes"],
    replace: ["replace", stack.name, host ?? "", "--yes"],
    up: ["pulumi", "up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name],
    upgrade: ["upgrade", stack.name, "--skip-major", "--yes"],
  }[name];
  if (name === "upgrade") {
    stack.configure({ local: { ports: stack.place.ports, engine: ENGINE_VERSIONS.at(-1) } });
  }
  const [tool = "", ...rest] = args;
  const state = { killed: false };
  let timer: NodeJS.Timeout | undefined;
  const ran = await stack
    .tool(tool, rest, COMMAND_LIMIT, (_output, kill) => {
      if (killedAfter === undefined) return;
      timer ??= setTimeout(() => {
        state.killed = true;
        kill();
      }, killedAfter * 1000);
    })
    .finally(() => {
      clearTimeout(timer);
    });
  log(`${name} ended with ${state.killed ? "SIGKILL" : String(ran.code)} after ${ran.seconds.toFixed(0)} s`);
}

/** Repairs; where the majority was taken and the repair says that it is lost, recovers. */
async function repairAndRecover(
  stack: TestStack,
  lost: boolean,
  log: Scene["log"],
): Promise<{ ran: Ran; recovered: boolean; seconds: number }> {
  const repaired = await stack.tool("repair", [stack.name, "--yes"], COMMAND_LIMIT);
  const { seconds } = repaired;
  if (repaired.code === 0 || !lost || !repaired.output.includes("npm run recover")) {
    return { ran: repaired, recovered: false, seconds };
  }
  log(`the majority is lost: recovering`);
  const ran = await stack.tool("recover", [stack.name, "--yes"], COMMAND_LIMIT);
  return { ran, recovered: true, seconds: seconds + ran.seconds };
}
