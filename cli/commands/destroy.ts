/**
 * `npm run destroy -- <stack> [--yes]`: removes everything of a stack, its state included. Of a local stack, it also removes
 * what interrupted runs left on the Docker engine. Any other stack needs a terminal for the question, or `--yes`. It needs no
 * host, so it works when all of them are dead: hosts that exist already are released, and those that are down are skipped and named.
 */
import type Docker from "dockerode";
import { stackOutputsSchema } from "../../components/outputs";
import { readArguments } from "../terminal/arguments";
import { instancesOf, outputsOf, protectedResources, resourcesOf, type Deployment } from "../cluster/deployment";
import { ownBackupsText } from "../cluster/own-backups";
import { containersOf, listedHostsOf } from "../cluster/platform";
import { registryLogins } from "../workstation/registry-login";
import { lastLines, readState, type StackState } from "../cluster/stack";
import { list } from "../cluster/words";
import { hasLocalState } from "../platform/facts";
import { runPulumi } from "../pulumi";
import { readStackFile } from "../pulumi/project";
import { localStackExists } from "../pulumi/stack";
import type { Containers, EngineObject } from "../platform/types";
import { command, findProgram } from "../workstation/command";
import { confirmed, hasTerminal } from "../terminal/confirm";
import { runMain, UserError } from "../terminal/errors";
import { goneText, withSkipped } from "../cluster/skipped";
import { createProgress, duration } from "../terminal/progress";
import { warn } from "../terminal/warn";

runMain(async () => {
  const { stack, yes } = readArguments("npm run destroy -- <stack> [--yes]", { flags: ["yes"] });
  const begun = Date.now();
  const containers = containersOf(stack);
  if (!yes && containers === undefined && !hasTerminal()) {
    throw new UserError(
      `Nothing was removed: the stack ${stack} isn't a local one, and there is no terminal for a confirmation. ` +
        `To destroy it anyway: npm run destroy -- ${stack} --yes`,
    );
  }
  const engine = containers === undefined ? undefined : { containers, docker: await containers.engine() };
  const state = await readState(stack);
  refuseProtected(state);
  if (yes) warnOfBackups(state);
  const found = engine === undefined ? [] : await engine.containers.objects(engine.docker, stack);
  if (!yes) await confirm(state, engine, found);

  if (engine !== undefined) await removeUnmanaged(engine, state);
  if (engine !== undefined && isNothing(state, found)) {
    await forget(stack);
    await forgetAccess(state);
    process.stdout.write(`There is nothing of the stack ${stack} on this workstation.\n`);
    return 0;
  }
  const skipped = await destroy(stack, engine !== undefined);
  await forgetAccess(state);
  if (engine === undefined) {
    process.stdout.write(`${goneText(stack, skipped)}${keptText(stack)}\n`);
    return 0;
  }
  await clearAway(engine, stack);
  await forget(stack);
  const backups = await engine.containers.backups(engine.docker, stack);
  const kept = backups === undefined ? "" : ` Its backups stay: docker volume rm ${backups}`;
  process.stdout.write(
    `The stack ${stack} is gone (${duration(Date.now() - begun)}): no container, volume or network of it is left.${kept}\n`,
  );
  return 0;
});

/** What stays of a destroyed stack in Pulumi, behind "is gone". */
function keptText(stack: string): string {
  const remove = `npm run pulumi -- stack rm -s ${stack}`;
  const file = readStackFile(stack);
  // The salt of these secrets is in the state alone.
  return hasLocalState(file) && file.text.includes("secure:")
    ? `. Its empty state stays, because it decrypts the secrets in Pulumi.${stack}.yaml. To remove it, too, and to set these secrets again: ${remove}`
    : `; its history stays: ${remove}`;
}

/** The Docker engine of a local stack's containers. */
interface StackEngine {
  readonly containers: Containers;
  readonly docker: Docker;
}

/**
 * Runs Pulumi's destroy: for a local stack it takes seconds and is quiet, elsewhere it is shown as it goes.
 *
 * @returns names of hosts that were skipped
 */
async function destroy(stack: string, quiet: boolean): Promise<readonly string[]> {
  const args = ["destroy", "--yes", "--skip-preview", "--suppress-outputs"];
  const failed = `The stack ${stack} could not be destroyed. Fix the error, then run this again`;
  if (!quiet) {
    return withSkipped(listedHostsOf(stack)?.skippedFile, async (env) => {
      const { code } = await runPulumi(args, { stack, env });
      if (code !== 0) throw new UserError(`${failed}: see above.`);
    });
  }
  await createProgress().step(`Destroying the stack ${stack}`, "5 to 15 s", async () => {
    const { code, stdout, stderr } = await runPulumi([...args, "--color", "never"], {
      stack,
      capture: true,
      stateAtEnd: true,
    });
    if (code !== 0) throw new UserError(`${failed}:\n${lastLines(`${stdout}\n${stderr}`)}`);
  });
  return [];
}

/** Whether neither the state nor the Docker engine has anything of the stack. */
function isNothing({ deployment }: StackState, found: readonly EngineObject[]): boolean {
  return found.length === 0 && resourcesOf(deployment).length === 0;
}

/** A protected resource makes a destroy fail half-way, when others are gone already (measured). */
function refuseProtected({ stack, deployment }: StackState): void {
  const names = protectedResources(deployment);
  if (names.length === 0) return;
  throw new UserError(
    `Nothing was removed: ${list(names)} of the stack ${stack} ${names.length === 1 ? "is" : "are"} protected. ` +
      `${keepFirst(stack, deployment)}To delete it anyway: ` +
      `npm run pulumi -- state unprotect --all --stack ${stack}, then run this again.`,
  );
}

/** What has to be kept before the backups go with the stack, a sentence with a space behind it; empty when none do. */
function keepFirst(stack: string, deployment: Deployment): string {
  const text = ownBackupsText(stack, deployment);
  return text === undefined ? "" : `${text} `;
}

/** With `--yes` there is no question that could tell it. */
function warnOfBackups({ stack, deployment }: StackState): void {
  const text = ownBackupsText(stack, deployment);
  if (text !== undefined) warn(text);
}

async function confirm(
  { stack, deployment }: StackState,
  engine: StackEngine | undefined,
  found: readonly EngineObject[],
): Promise<void> {
  if (!hasTerminal()) {
    // These may belong to another state than this empty one: removing them needs `--yes`.
    if (engine !== undefined && found.length > 0 && resourcesOf(deployment).length <= 1) {
      throw engine.containers.stateLost(stack, await engine.containers.containers(engine.docker, stack));
    }
    return;
  }
  const instances = instancesOf(deployment).map((instance) => instance.name);
  const what =
    instances.length > 0 ? list(instances) : found.length > 0 ? list(found.map((one) => one.name)) : "no host";
  const question =
    listedHostsOf(stack) === undefined
      ? `${keepFirst(stack, deployment)}This removes the stack ${stack} (${what}) and all data in it`
      : `${keepFirst(stack, deployment)}This removes the stack ${stack}: ${what} leave the swarm, and what the program wrote there is ` +
        "removed. The hosts' own data stays, volumes and images included. A host that is down is named and skipped";
  if (!(await confirmed(question, false))) throw new UserError("Nothing was removed.");
}

/** Removes unmanaged containers of an interrupted run. With them, the network couldn't be removed. */
async function removeUnmanaged({ containers, docker }: StackEngine, { stack, instances }: StackState): Promise<void> {
  const known = new Set(instances.map((instance) => instance.id));
  const unmanaged = (await containers.containers(docker, stack)).filter((container) => !known.has(container.identity));
  await containers.remove(
    docker,
    unmanaged.map(({ name }) => ({ kind: "container", name })),
  );
}

async function clearAway({ containers, docker }: StackEngine, stack: string): Promise<void> {
  const found = await containers.objects(docker, stack);
  if (found.length === 0) return;
  const names = (all: readonly EngineObject[]): string => list(all.map(({ kind, name }) => `${kind} ${name}`));
  createProgress().info(`Removing what interrupted runs left: ${names(found)}`);
  await containers.remove(docker, found);
  const left = await containers.objects(docker, stack);
  if (left.length > 0)
    throw new UserError(`The stack ${stack} is destroyed, but the Docker engine still has ${names(left)}.`);
}

/** Removes what `npm run context` wrote: a Docker context with a client key, and the logins to the registry. */
async function forgetAccess({ stack, deployment }: StackState): Promise<void> {
  const docker = findProgram("docker");
  if (docker === undefined) return;
  const context = `swarm-ha-${stack}`;
  // A stack whose first `up` didn't finish has no outputs, and no login.
  const outputs = stackOutputsSchema.safeParse(outputsOf(deployment));
  const logins = outputs.success ? registryLogins(context, outputs.data) : [];
  for (const args of [["context", "rm", "-f", context], ...logins.map(({ registry }) => ["logout", registry])]) {
    // Docker gives the same error when there is nothing to remove. No error matters once the stack is destroyed.
    await command(docker, args, { timeout: 30_000, as: "docker" }).catch(() => undefined);
  }
}

/** Removes the stack from the backend, with its backups: they hold its keys. The clone's own file stays. */
async function forget(stack: string): Promise<void> {
  if (!localStackExists(stack)) return;
  const args = ["stack", "rm", "--yes", "--preserve-config", "--remove-backups"];
  const { code, stderr } = await runPulumi(args, { stack, capture: true });
  if (code !== 0) throw new UserError(`Everything of the stack ${stack} is gone, but not its state:\n${stderr.trim()}`);
}
