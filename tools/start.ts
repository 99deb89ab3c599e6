/** `npm start [-- <stack>]`: everything from a fresh clone to a running swarm. What is there already is left as it is. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { settle } from "./cluster/inspect";
import type { Problem } from "./cluster/model";
import { readStack } from "./cluster/stack";
import { runPulumi } from "./engine";
import { lastRunChanged } from "./engine/last-run";
import { readLogLine } from "./engine/plain-log";
import { wholeEnvironment } from "./environment";
import { root } from "./paths";
import { runMain, SetupError } from "./setup/errors";
import { listMachines, startMachine } from "./platform-local";
import { hasResources, stackContainers, stateLost } from "./setup/leftovers";
import { prepareMachine } from "./setup/machine";
import { nextSteps } from "./setup/next-steps";
import { createProgress, duration } from "./setup/progress";
import { requireLocalStack } from "./setup/stack-file";
import { removeStrays } from "./strays";

/** Milliseconds a swarm may take to find itself again after its hosts were started. */
const RECOVERY_LIMIT = 120_000;
/** Seconds until a load balancer has noticed members that are well: two checks, and some to spare. */
const NOTICE_LIMIT = 10;
/** Without a terminal: no dots, and no outputs, which nobody reads in a log. */
const PLAIN = ["--suppress-progress", "--suppress-outputs", "--color", "never"];

runMain(async () => {
  const [stack = "local", ...rest] = process.argv.slice(2);
  if (rest.length > 0 || stack.startsWith("-")) throw new SetupError("usage: npm start [-- <stack>]");
  requireLocalStack(stack);
  const begun = Date.now();
  const { docker } = await prepareMachine();
  const revived = await reviveMachines(docker, stack);
  await bringUp(stack, revived);
  if (revived.failures.length > 0) {
    throw new SetupError(`The rest of the stack ${stack} is up.${remedy(stack, revived)}`);
  }
  if (revived.started > 0) await untilHealthy(stack);
  else if (lastRunChanged(stack)) await untilNoticed(stack);
  console.log(`\nThe stack ${stack} is up (${duration(Date.now() - begun)}).\n\n${nextSteps(stack)}`);
  return 0;
});

/** What came of starting a stack's stopped machines. */
interface Revived {
  /** How many were started. */
  readonly started: number;
  /** A line for each that couldn't be: its name and why. */
  readonly failures: readonly string[];
}

/**
 * Starts the stack's stopped machines, as after a reboot of the computer, and removes those that a killed run has left.
 * One that can't be started (its port is taken, its volume is gone) is told and left: `up` and `repair` go on with the
 * others.
 */
async function reviveMachines(docker: Docker, stack: string): Promise<Revived> {
  const containers = await stackContainers(docker, stack);
  if (containers.length === 0) return { started: 0, failures: [] };
  const exported = await runPulumi(["stack", "export"], { stack, capture: true });
  if (exported.code !== 0) throw new SetupError(`The state of the stack ${stack} can't be read:\n${exported.stderr}`);
  if (!hasResources(exported.stdout)) throw stateLost(stack, containers);
  await removeStrays(docker, stack);
  const stopped = (await listMachines(docker, stack)).filter(({ startable }) => startable);
  if (stopped.length === 0) return { started: 0, failures: [] };
  const progress = createProgress();
  const what = `Starting ${stopped.length} stopped machines of the stack ${stack}`;
  const ends = await progress.step(what, "2 to 10 s", () =>
    Promise.all(stopped.map(async (machine) => ({ machine, failure: await startMachine(docker, machine) }))),
  );
  const failures = ends.flatMap(({ machine, failure }) =>
    failure === undefined ? [] : [`${machine.name}: ${failure}`],
  );
  for (const failure of failures) progress.info(`This one can't be started: ${failure}`);
  return { started: stopped.length - failures.length, failures };
}

/** Runs `up`. Without a terminal it shows a line for each step that is done, and signs of life in between. */
async function bringUp(stack: string, revived: Revived): Promise<void> {
  const args = ["up", "--yes", "--skip-preview"];
  const isUp = (code: number): void => {
    if (code === 0) return;
    throw new SetupError(
      `The stack ${stack} is not up: see above. Once that is put right, npm start goes on from here.${remedy(stack, revived)}`,
    );
  };
  if (process.stdout.isTTY) {
    isUp((await runPulumi(args, { stack })).code);
    return;
  }
  await createProgress().step(`Bringing up the stack ${stack}`, "1 min at first, then 10 s", async (note) => {
    const onLine = (line: string): void => {
      const read = readLogLine(line);
      if (read.kind === "show") process.stdout.write(`${read.text}\n`);
      else if (read.kind === "under way") note(read.text);
    };
    isUp((await runPulumi([...args, ...PLAIN], { stack, onLine })).code);
  });
}

/** What to do about machines that couldn't be started; nothing where there are none. */
function remedy(stack: string, { failures }: Revived): string {
  if (failures.length === 0) return "";
  const lines = failures.map((failure) => `  ${failure}`).join("\n");
  return ` These machines could not be started:\n${lines}\nOnce that is put right, or to make them anew: npm run repair -- ${stack}`;
}

/** Waits until the load balancers send connections to new members, too: else the first `status` would call that a problem. */
async function untilNoticed(stack: string): Promise<void> {
  const live = await readStack(stack);
  await createProgress().step("Waiting for the load balancers' checks", "up to 7 s", (note) =>
    settle(live, { limit: NOTICE_LIMIT, note, enough: ({ problems }) => !problems.some(isOfBalancers) }),
  );
}

function isOfBalancers({ kind }: Problem): boolean {
  return kind === "loadBalancer";
}

/** Waits until status finds nothing wrong; if it goes on finding something, says so and leaves it at that. */
async function untilHealthy(stack: string): Promise<void> {
  const progress = createProgress();
  const healthy = await progress.step("Waiting until the swarm is healthy again", "10 to 30 s", async (note) => {
    const end = Date.now() + RECOVERY_LIMIT;
    while (Date.now() < end) {
      const status = [join(root, "tools/run.mjs"), "status", stack, "--json"];
      const { status: code, stdout } = spawnSync(process.execPath, status, {
        encoding: "utf8",
        env: wholeEnvironment(),
      });
      if (code === 0) return true;
      note(firstProblem(stdout));
      await sleep(1000);
    }
    return false;
  });
  if (!healthy) progress.info(`It isn't yet: see npm run status -- ${stack}, and npm run repair -- ${stack}.`);
}

/** What `status --json` complains of first. */
function firstProblem(status: string): string {
  try {
    return (JSON.parse(status) as { problems?: string[] }).problems?.[0] ?? "";
  } catch {
    return "";
  }
}
