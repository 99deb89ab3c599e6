import { z } from "zod";
import { stackOutputsSchema, type StackOutputs } from "../../components/outputs";
import { SPARE_WORKER, spareText, type Spare } from "../../plan/spare";
import { cliPlatformOf, platformsOf } from "../platform";
import { hasLocalState } from "../platform/facts";
import { runPulumi } from "../pulumi";
import { readStackFile } from "../pulumi/project";
import { refuseRenamedAway } from "../pulumi/renamed";
import { localStackExists } from "../pulumi/stack";
import { UserError } from "../terminal/errors";
import {
  deploymentSchema,
  instancesOf,
  nameOf,
  outputsOf,
  UNKNOWN,
  type Deployment,
  type Instance,
} from "./deployment";
import { desiredOf } from "./desired";
import type { Desired } from "./model";
import { servicesIn } from "./services";
import { settingsIn } from "./swarm-settings";
import { commands } from "./words";

/** A stack as Pulumi's state has it. */
export interface StackState {
  readonly stack: string;
  readonly deployment: Deployment;
  /** Hosts, bastion and load balancers. */
  readonly instances: readonly Instance[];
}

/** A stack that has been up at least once. */
export interface LiveStack extends StackState {
  readonly outputs: StackOutputs;
  readonly desired: Desired;
}

/** Reads a stack's state, secrets in plain text. @throws UserError when there is no such stack */
export async function readState(stack: string): Promise<StackState> {
  // Reading a stack that doesn't exist must not create it.
  const missing = hasLocalState(readStackFile(stack)) && !localStackExists(stack);
  if (missing) {
    refuseRenamedAway(stack);
    return { stack, deployment: {}, instances: [] };
  }
  const { code, stdout, stderr } = await runPulumi(["stack", "export", "--show-secrets"], { stack, capture: true });
  if (code !== 0) throw new UserError(`The state of the stack ${stack} can't be read:\n${stderr.trim()}`);
  const deployment = deploymentSchema.parse(JSON.parse(stdout));
  return { stack, deployment, instances: instancesOf(deployment) };
}

/** Reads a stack that is up. @throws UserError when there is no such stack, or no `up` of it has finished */
export async function readStack(stack: string): Promise<LiveStack> {
  return liveStack(await readState(stack));
}

/** A stack that is up, from its state. @throws UserError when no `up` of it has finished */
export function liveStack(state: StackState): LiveStack {
  const { stack } = state;
  const raw = outputsOf(state.deployment);
  if (!("access" in raw) || raw["access"] === UNKNOWN || raw["swarmId"] === UNKNOWN) {
    const { containers } = cliPlatformOf(readStackFile(stack)) ?? {};
    const again = containers === undefined ? commands(stack).up : `npm start -- ${stack}`;
    throw new UserError(
      state.instances.length === 0
        ? `The stack ${stack} isn't up: ${again}`
        : `The first up of the stack ${stack} didn't finish. Continue it: ${again}`,
    );
  }
  const outputs = stackOutputsSchema.safeParse(raw);
  if (!outputs.success) {
    throw new UserError(
      `The outputs of the stack ${stack} are from another version of this program (${z.prettifyError(outputs.error)}): ` +
        commands(stack).up,
    );
  }
  const desired = desiredOf(
    stack,
    outputs.data,
    state.instances,
    servicesIn(state.deployment),
    settingsIn(state.deployment),
  );
  return { ...state, outputs: outputs.data, desired };
}

/** URN of a host, the bastion or a load balancer. @throws UserError when the state has none of that name */
export function urnOf(state: StackState, name: string): string {
  const instance = state.instances.find((one) => one.name === name);
  if (instance === undefined) {
    throw new UserError(
      `The state of the stack ${state.stack} has no host ${name}. Create it: ${commands(state.stack).up}`,
    );
  }
  return instance.urn;
}

/**
 * Runs `up`, replacing the resources with these URNs.
 *
 * @param more further arguments
 * @param spare a worker that the configuration doesn't have; an `up` without it removes it again @default none
 * @returns the end of Pulumi's output when it failed
 */
export async function up(
  stack: string,
  replace: readonly string[],
  more: readonly string[] = [],
  spare?: Spare,
): Promise<string | undefined> {
  const urns = replace.flatMap((urn) => ["--replace", urn]);
  const { code, stdout, stderr } = await runPulumi(
    ["up", "--yes", "--skip-preview", "--color", "never", "--suppress-outputs", ...more, ...urns],
    { stack, capture: true, env: { ...environmentFor(stack, replace.map(nameOf)), [SPARE_WORKER]: spareText(spare) } },
  );
  return code === 0 ? undefined : lastLines(`${stdout}\n${stderr}`);
}

/** The platforms' additions to the environment of an `up` that replaces these hosts. */
function environmentFor(stack: string, replaced: readonly string[]): Record<string, string> {
  const additions = platformsOf(readStackFile(stack)).map((platform) => platform.upEnvironment?.(replaced) ?? {});
  return Object.assign({}, ...additions) as Record<string, string>;
}

/** The lines of a failed run that say why: the diagnostics, else the last ones. */
export function lastLines(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const diagnostics = lines.findIndex((line) => line.startsWith("Diagnostics:"));
  return (diagnostics < 0 ? lines.slice(-15) : lines.slice(diagnostics, diagnostics + 40)).join("\n");
}
