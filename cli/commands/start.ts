/**
 * `npm start [-- <stack>]`: everything from a fresh clone to a running swarm. What is there already is left as it is;
 * what is missing is recreated. The exit code is 0 only if the cluster is healthy.
 */
import type Docker from "dockerode";
import { liveCluster } from "../operations/cluster";
import { makeMissing } from "../operations/make-missing";
import { rebalanceAfter } from "../operations/rebalance-after";
import { runOperation } from "../operations/runner";
import { hasResources } from "../cluster/has-resources";
import { bringBack } from "../cluster/platform";
import { unhealthyText, verify } from "../cluster/verify";
import { runPulumi } from "../pulumi";
import { readLogLine } from "../pulumi/plain-log";
import { DEFAULT_STACK } from "../pulumi/project";
import type { BroughtBack, Containers } from "../platform/types";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";
import { nextSteps } from "../workstation/next-steps";
import { createProgress, duration } from "../terminal/progress";
import { requireContainers } from "../workstation/stack-file";

/** Without a terminal: no progress dots, and no outputs, which are useless in a log. */
const PLAIN = ["--suppress-progress", "--suppress-outputs", "--color", "never"];

runMain(async () => {
  const { stack } = readArguments("npm start [-- <stack>]", { stack: DEFAULT_STACK });
  const containers = requireContainers(stack);
  const begun = Date.now();
  const docker = await containers.prepare(stack);
  await refuseLostState(containers, docker, stack);
  const healed = await bringBack(docker, stack);
  const whole = await bringUp(stack, healed);
  let evaluation = await verify(stack, healed);
  if (!evaluation.status.healthy) {
    const progress = createProgress();
    const missing = makeMissing(liveCluster(stack, progress, docker), { evaluation, gone: healed.gone });
    const { observed } = await runOperation(missing, { yes: false, dryRun: false, progress });
    evaluation = observed?.evaluation ?? evaluation;
  }
  if (!whole) {
    await bringUp(stack, { ...healed, gone: [] });
    evaluation = await verify(stack);
  }
  if (!evaluation.status.healthy) throw new UserError(`${unhealthyText(stack, evaluation)}${failed(healed)}`);
  await rebalanceAfter(stack, `The stack ${stack} is up.`, createProgress(), (text) => process.stdout.write(text));
  console.log(`\nThe stack ${stack} is up (${duration(Date.now() - begun)}).\n\n${nextSteps(stack)}`);
  return 0;
});

/** @throws UserError for containers of a stack whose state is empty */
async function refuseLostState(platform: Containers, docker: Docker, stack: string): Promise<void> {
  const containers = await platform.containers(docker, stack);
  if (containers.length === 0) return;
  const exported = await runPulumi(["stack", "export"], { stack, capture: true });
  if (exported.code !== 0) throw new UserError(`The state of the stack ${stack} can't be read:\n${exported.stderr}`);
  if (!hasResources(exported.stdout)) throw platform.stateLost(stack, containers);
}

/**
 * Runs `up`. Without a terminal it shows a line for each step that is done, and signs of life in between.
 *
 * @returns false when it failed because hosts are gone; they are replaced afterwards
 * @throws UserError when it fails although no host is gone
 */
async function bringUp(stack: string, healed: BroughtBack): Promise<boolean> {
  const args = ["up", "--yes", "--skip-preview", ...(healed.gone.length > 0 ? ["--continue-on-error"] : [])];
  const isUp = (code: number): boolean => {
    if (code === 0 || healed.gone.length > 0) return code === 0;
    throw new UserError(
      `The stack ${stack} is not up: see above. Fix that, then continue: npm start -- ${stack}${failed(healed)}`,
    );
  };
  if (process.stdout.isTTY) return isUp((await runPulumi(args, { stack })).code);
  return createProgress().step(`Bringing up the stack ${stack}`, "1 min at first, then 10 s", async (note) => {
    const onLine = (line: string): void => {
      const read = readLogLine(line);
      if (read.kind === "show") process.stdout.write(`${read.text}\n`);
      else if (read.kind === "under way") note(read.text);
    };
    return isUp((await runPulumi([...args, ...PLAIN], { stack, onLine })).code);
  });
}

/** Hosts that couldn't be brought back, and why; empty when there are none. */
function failed({ failures }: BroughtBack): string {
  if (failures.length === 0) return "";
  return `\nThese could not be brought back:\n${failures.map((failure) => `  - ${failure}`).join("\n")}`;
}
