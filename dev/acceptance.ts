/**
 * `npm run acceptance -- <stack> [--yes]`: drives a throw-away stack on AWS through its life, from nothing to `destroy`, and
 * says how long each step took. It always destroys, then looks for unmanaged resources, whatever failed or was interrupted.
 *
 * Exit code 0: every step succeeded, and nothing is left; 1: anything else.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { billedText } from "./acceptance/billed";
import { runTool } from "./acceptance/child";
import { drive, type Hands, type Outcome } from "./acceptance/drive";
import { END, LONGEST, STEPS, STEPS_LIMIT, type Command } from "./acceptance/steps";
import { requireThrowaway, withWorkers } from "./acceptance/throwaway";
import { readArguments } from "../cli/terminal/arguments";
import { resourcesOf } from "../cli/cluster/deployment";
import { lastLines, readState } from "../cli/cluster/stack";

import { runPulumi, wholeConfig } from "../cli/pulumi";
import { configDirectory, readStackFile } from "../cli/pulumi/project";
import { runMain, UserError } from "../cli/terminal/errors";

/** Seconds between two tries of a command that waits. */
const PAUSE = 10;

runMain(async () => {
  const { stack, yes } = readArguments("npm run acceptance -- <stack> [--yes]", { flags: ["yes"] });
  const file = readStackFile(stack);
  const drill = requireThrowaway(stack, file);
  await refuseLiving(stack);
  process.stdout.write(`${billedText(stack, await preview(stack))}\n`);
  if (!yes)
    throw new UserError(
      `Nothing was done. To run it, for at most ${LONGEST} min: npm run acceptance -- ${stack} --yes`,
    );

  // At its largest: a quota that only a later step exceeds would end the run after half an hour.
  const most = Math.max(...STEPS.map(({ extraWorkers = 0 }) => extraWorkers));
  const largest = { ...file, text: withWorkers(file.text, most) };
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  const config = (): Promise<Readonly<Record<string, unknown>>> => wholeConfig(stack, largest);
  await drill.checkQuotas({ stack, file: largest, args: ["up"], official: true, state: nothing, config });

  // The steps change the number of workers in a copy: the author's file stays as it is.
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-acceptance-"));
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort();
  };
  // Listened to until the end: a second signal must not stop the destroy.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt).on("SIGHUP", interrupt);
  try {
    for (const name of readdirSync(configDirectory()).filter((one) => /^Pulumi\..+\.yaml$/.test(one)))
      copyFileSync(join(configDirectory(), name), join(folder, name));
    const path = join(folder, `Pulumi.${stack}.yaml`);
    const hands: Hands = {
      run: (command, signal) =>
        command.tool === "terminate-zone"
          ? loseZone(() => drill.loseZone(stack, file, signal))
          : run(command, stack, folder, signal),
      setWorkers: (extra) => {
        writeFileSync(path, withWorkers(file.text, extra));
      },
      say: (text) => void process.stdout.write(`\n=== ${text}\n`),
      now: Date.now,
      pause,
    };
    const options = { steps: STEPS, end: END, limit: STEPS_LIMIT, interrupted: interruption.signal };
    const outcomes = await drive(options, hands);
    process.stdout.write(`\n${summary(outcomes)}`);
    const bad = outcomes.some(({ failure }) => failure !== undefined) || interruption.signal.aborted;
    return bad ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** It begins with nothing and ends with a destroy, so that a stack that is in use is never touched. */
async function refuseLiving(stack: string): Promise<void> {
  const there = resourcesOf((await readState(stack)).deployment).filter(({ type }) => type !== "pulumi:pulumi:Stack");
  if (there.length === 0) return;
  throw new UserError(
    `Nothing was done: the acceptance test begins with nothing, and the stack ${stack} has ${there.length} resources. If it ` +
      `may go: npm run destroy -- ${stack}`,
  );
}

async function preview(stack: string): Promise<string> {
  const args = ["preview", "--json", "--show-sames", "--suppress-progress", "--color", "never"];
  const { code, stdout, stderr } = await runPulumi(args, { stack, capture: true });
  if (code !== 0)
    throw new UserError(`The preview of the stack ${stack} failed:\n${lastLines(`${stdout}\n${stderr}`)}`);
  return stdout;
}

async function loseZone(terminate: () => Promise<string>): Promise<number> {
  process.stdout.write(`Terminated the instances in ${await terminate()}.\n`);
  return 0;
}

async function run({ tool, args }: Command, stack: string, folder: string, signal: AbortSignal): Promise<number> {
  const env = { SWARM_HA_CONFIG_DIR: folder };
  const all = tool === "pulumi" ? [tool, ...args, "-s", stack] : [tool, stack, ...args];
  const { code, killed } = await runTool(all, env, signal);
  // The lock of a run that was killed would keep the destroy from its state.
  if (killed) await runTool(["pulumi", "cancel", "--yes", "-s", stack], env, AbortSignal.timeout(60_000));
  return code;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, PAUSE * 1000);
    signal.addEventListener("abort", end);
  });
}

function summary(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ title, took, failure }) => {
    return `${`${Math.round(took)} s`.padStart(7)}  ${failure === undefined ? "ok    " : "FAILED"}  ${title}${failure === undefined ? "" : `: ${failure}`}\n`;
  });
  return lines.join("");
}
