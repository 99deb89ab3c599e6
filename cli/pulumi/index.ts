/** Runs the Pulumi engine, for all commands. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { asksForDebug, SDK_DEBUG } from "../../components/sdk-debug";
import { wholeEnvironment } from "../environment";
import { UserError } from "../terminal/errors";
import { platformsOf } from "../platform";
import { factsOf, hasLocalState } from "../platform/facts";
import { isUp, needsHealing } from "./arguments";
import { forgetDestroying, noted, refuseHalfDestroyed, STATE_AT_END } from "./destroying";
import { engineEnv, localEnv } from "./env";
import { execEngine, type RunResult } from "./exec";
import type { Engine } from "./engine";
import { findEngine, installedEngine, kitEngine } from "./find";
import { hasState } from "./log-in";
import { checkpointFile, ensureLocalState, forgetStack, withoutSalt, workingConfig } from "./local-state";
import { refuseHeld } from "./locks";
import { readStackFile, type StackFile } from "./project";
import { pruneHistory } from "./prune";
import { markState, type RunOnStack } from "./redo";
import { rewriteWith } from "./rewrite";
import { withSlots } from "./slots";
import { ensureLocalStack, healLocalStack, localStackExists } from "./stack";
import { runTrial } from "./trial";
import {
  asksWhose,
  exportedResources,
  fileToRename,
  isRename,
  localOriginal,
  madeFor,
  newName,
  refuseRenamed,
  refuseRenamedAway,
  renameConfig,
} from "./renamed";
import type { State } from "./unfinished";
import { decryptedConfig } from "./whole-config";

export type { Engine } from "./engine";
export { findEngine } from "./find";
export type { RunResult } from "./exec";

/** How to run Pulumi on a stack. */
export interface RunOptions {
  /** The stack's name. */
  readonly stack: string;
  /** Whether output is kept, instead of shown. @default false */
  readonly capture?: boolean;
  /** Standard input of a run whose output is kept: secrets are never in a file or an argument. @default empty */
  readonly input?: string;
  /** Additions to the environment. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of standard output, which then isn't shown. @default it is shown */
  readonly onLine?: (line: string) => void;
  /** Ends the run as Ctrl-C does. @default it runs to its end */
  readonly signal?: AbortSignal;
  /**
   * For a destroy of the whole stack, without questions: whether a local stack's state may be written at its end alone
   * (see destroying.ts).
   *
   * @default false
   */
  readonly stateAtEnd?: boolean;
}

/** Commands that read a stack's config, and so take `--config-file`. */
const WITH_CONFIG = ["up", "update", "preview", "destroy", "refresh", "config", "watch", "import"];

/**
 * Runs Pulumi on a stack, e.g. `runPulumi(["up", "--yes", "--skip-preview"], { stack: "local" })`.
 *
 * A local stack is created on first use, and cleaned up after a killed run. Any other stack runs with the user's own backend
 * and environment.
 *
 * @throws UserError when there is no such stack, no Pulumi engine, or another run holds the stack
 */
export async function runPulumi(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { stack } = options;
  const file = isRename(args) ? fileToRename(stack, args) : readStackFile(stack);
  const debug = asksForDebug(args) ? { [SDK_DEBUG]: "1" } : {};
  const base = withSlots(stack, file, args, wholeEnvironment({ ...debug, ...options.env }));
  const local = hasLocalState(file, base);
  const trial = !local && (await isTrial(args, base));
  const engine = trial ? await kitEngine() : await findEngine();
  const run = {
    capture: options.capture === true,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const preflight = async (state: () => Promise<string | undefined>): Promise<void> => {
    const config = onlyOnce(() => wholeConfig(stack, file));
    const planned = { stack, file, args, official: engine.kind === "official", state, config };
    for (const platform of platformsOf(file)) await platform.preflight(planned);
  };
  if (!local) {
    if (trial) {
      announceTrial(stack);
      return runTrial(engine, args, { stack, file }, { ...run, env: base });
    }
    refuseKit(engine, stack, file);
    refuseTwoStates(stack, file);
    const env = engineEnv(engine, base);
    const state = onlyOnce(() => exported(engine, stack, env));
    if (asksWhose(args)) refuseRenamed(stack, args, madeFor(exportedResources((await state()) ?? "{}")));
    await preflight(state);
    const ended = await execEngine(engine, [...goOn(args), "--stack", stack, ...configFlag(args, file.path)], {
      ...run,
      env,
    });
    if (isRename(args) && ended.code === 0) renameConfig(stack, newName(args) ?? stack);
    return ended;
  }
  if (args[0] !== "stack" || args[1] !== "rm") refuseRenamedAway(stack);
  if (asksWhose(args)) refuseRenamed(stack, args, localOriginal(stack));
  refuseHalfDestroyed(stack, args);
  await preflight(async () => (localStackExists(stack) ? exported(engine, stack, localEnv(engine, base)) : undefined));
  await ensureLocalStack(engine, stack, file);
  const changing = needsHealing(args);
  if (changing) {
    await healLocalStack(engine, stack);
    if (!run.capture) announceKit(engine);
  }
  const all = [...args, "--stack", stack, ...configFlag(args, workingConfig(stack))];
  const env = localEnv(engine, base);
  const result =
    options.stateAtEnd === true
      ? await noted(stack, () => execEngine(engine, all, { ...run, env: { ...env, ...STATE_AT_END } }))
      : await execEngine(engine, all, { ...run, env });
  if (changing) pruneHistory(stack);
  if (args[0] === "config") keepConfig(stack, file);
  if (isRename(args) && result.code === 0) renameConfig(stack, newName(args) ?? stack);
  if (args[0] === "stack" && args[1] === "rm" && result.code === 0) {
    forgetStack(stack);
    forgetDestroying(stack);
  }
  return result;
}

/**
 * The values of a stack by key without the namespace, secrets in plain text. They stay in this process. Nothing is checked.
 *
 * @param file the stack's file, where it was read already
 * @throws UserError when there is no such stack, or a secret can't be decrypted
 */
export function wholeConfig(
  stack: string,
  file: StackFile = readStackFile(stack),
): Promise<Readonly<Record<string, unknown>>> {
  return decryptedConfig(stack, file, runPulumi);
}

/**
 * Marks steps of a stack, local or not, so that the next `up` runs them again. This writes the state.
 *
 * @param choose selects the steps from the state, by URN
 * @throws UserError when the state can't be read or written
 */
export async function redo(stack: string, choose: (state: State) => readonly string[]): Promise<void> {
  const run: RunOnStack = (args) => runPulumi(args, { stack, capture: true });
  await markState(run, stack, (state) => ({ replace: [], update: choose(state) }));
}

/**
 * How a person finishes an `up` that was interrupted, for messages. An `up` heals a local stack. Elsewhere Pulumi carries an interrupted
 * creation over every later `up`: only a refresh on a terminal ends it (pulumi v3.245.0, pkg/backend/snapshot.go, `snap`;
 * pkg/cmd/pulumi/operations/refresh.go).
 */
export function finishInterrupted(stack: string): string {
  const up = `npm run pulumi -- up --stack ${stack}`;
  if (hasLocalState(readStackFile(stack))) return up;
  return `npm run pulumi -- refresh --stack ${stack} (on a terminal: it asks about each resource that was being created), then ${up}`;
}

/**
 * Rewrites a stack's state, secrets in plain text. It goes from one Pulumi engine to the other through this process alone.
 *
 * @param change what `pulumi stack export --show-secrets` prints, parsed, to the same as it has to be. Pure
 * @throws UserError when the state can't be read or written, another run changes it meanwhile, holds a local stack, or was
 * interrupted; Error of `change`. Then nothing is written
 */
export async function rewriteState(stack: string, change: (exported: unknown) => unknown): Promise<void> {
  if (hasLocalState(readStackFile(stack))) refuseHeld(stack);
  const run = (args: readonly string[], input?: string): Promise<RunResult> =>
    runPulumi(args, { stack, capture: true, ...(input === undefined ? {} : { input }) });
  await rewriteWith(run, { stack, finish: finishInterrupted(stack) }, change);
}

/**
 * Cleans up a local stack's state after an interrupted run, as every `up` does.
 *
 * @throws UserError when another run holds the stack
 */
export async function healState(stack: string): Promise<void> {
  await healLocalStack(await findEngine(), stack);
}

/** What `pulumi stack export` prints; undefined when it fails. */
async function exported(engine: Engine, stack: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { code, stdout } = await execEngine(engine, ["stack", "export", "--stack", stack], { env, capture: true });
  return code === 0 ? stdout : undefined;
}

function onlyOnce<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}

/**
 * When an instance can't be created, for example because AWS has no capacity, the steps that run already continue, and
 * Pulumi prints the failure at the end. But the run ends at the first step that needs an output of that instance: its
 * provider's check refuses the missing input (pulumi/pulumi#16133, by design). How to finish the rest: docs/environments.md,
 * "A zone without capacity".
 */
function goOn(args: readonly string[]): string[] {
  return isUp(args) ? [...args, "--continue-on-error"] : [...args];
}

function configFlag(args: readonly string[], path: string): string[] {
  return WITH_CONFIG.includes(args[0] ?? "") ? ["--config-file", path] : [];
}

/** Copies what `pulumi config set` changed in the working copy to the author's file, without this workstation's salt. */
function keepConfig(stack: string, file: StackFile): void {
  const path = workingConfig(stack);
  if (!existsSync(path)) return;
  const text = withoutSalt(readFileSync(path, "utf8"));
  if (text !== withoutSalt(file.text)) writeFileSync(file.path, text);
}

let announced = false;

/** Prints once, on stderr, that the kit is used. */
function announceKit(engine: Engine): void {
  if (engine.kind === "official" || announced) return;
  announced = true;
  process.stderr.write(`Pulumi ${engine.version}, built here, with the offline kit's plugins (no pulumi on PATH).\n`);
}

/**
 * Whether a command is a trial: a preview where there is neither the official Pulumi nor a state to compare with. It runs with
 * the kit on a temporary empty state, and contacts no cloud.
 */
async function isTrial(args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  return args[0] === "preview" && !hasState(env) && (await installedEngine()) === undefined;
}

/** Prints that on stderr: standard output belongs to the preview. */
function announceTrial(stack: string): void {
  process.stderr.write(
    `Neither Pulumi nor a state of the stack ${stack} is configured here: previewing with the offline kit against an empty state.\n`,
  );
}

/** Refuses the offline kit for stacks that need the official plugins. */
function refuseKit(engine: Engine, stack: string, file: StackFile): void {
  if (engine.kind === "official" || process.env["SWARM_HA_ALLOW_KIT"] === "1") return;
  if (factsOf(file)?.worksWithKit === true) return;
  throw new UserError(
    `The stack '${stack}' (platform ${file.platform ?? "not set"}) needs the official Pulumi; the offline kit only runs local ` +
      "stacks, and previews of stacks that have no state. Install Pulumi: curl -fsSL https://get.pulumi.com | sh",
  );
}

/** Refuses a stack whose state is on this workstation, while another backend is chosen: there, all of it would be new. */
function refuseTwoStates(stack: string, file: StackFile): void {
  if (factsOf(file)?.localState !== "by default" || !localStackExists(stack)) return;
  throw new UserError(
    `Nothing was done: the state of the stack ${stack} is on this workstation (${checkpointFile(stack)}), and another backend of ` +
      "Pulumi is chosen, by PULUMI_BACKEND_URL, PULUMI_ACCESS_TOKEN or pulumi login. Unset it, or log out (pulumi logout). " +
      'To move the state there: docs/hosts.md, "The state".',
  );
}

/** Runs Pulumi without a stack, e.g. `stack ls` or `version`, on the local state; `login` on the user's own. */
export async function runPulumiBare(args: readonly string[]): Promise<RunResult> {
  const engine = await findEngine();
  // A login isn't for local stacks: it needs the user's credentials, for example for a state in a bucket.
  if (args[0] === "login" || args[0] === "logout") return execEngine(engine, args, { env: engineEnv(engine) });
  ensureLocalState(); // Without its state's directory, the Pulumi engine fails on a new workstation.
  return execEngine(engine, args, { env: localEnv(engine) });
}

/**
 * A stack's outputs, secrets shown.
 *
 * @returns undefined when the stack doesn't exist
 * @throws UserError when they can't be read
 */
export async function stackOutputs(stack: string): Promise<Record<string, unknown> | undefined> {
  const file = readStackFile(stack);
  const local = hasLocalState(file);
  if (local && !localStackExists(stack)) return undefined;
  const engine = await findEngine();
  if (local) await ensureLocalStack(engine, stack, file);
  const env = local ? localEnv(engine) : engineEnv(engine);
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", stack];
  const { code, stdout, stderr } = await execEngine(engine, args, { env, capture: true });
  if (code === 0) return JSON.parse(stdout) as Record<string, unknown>;
  if (stderr.includes("no stack named")) return undefined;
  throw new UserError(`The outputs of stack '${stack}' can't be read: ${stderr.trim()}`);
}
