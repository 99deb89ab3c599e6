/** Upgrades Docker engines, and restarts hosts, in place: what scripts do on the bastion and on the hosts, in their order. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../../components/message";
import type { StepData } from "../../components/ssh/script";
import type { Role } from "../../plan/roles";
import { outputOf } from "../cluster/host-shell";
import { aboutSwarm } from "../cluster/backups";
import { scriptOnBastion, scriptOnHost, withRoutes } from "../cluster/run-script";
import type { LiveStack } from "../cluster/stack";
import { commands } from "../cluster/words";

/** Seconds for a host's report: apt refreshes its lists. */
const LOOK_LIMIT = 180;
/** Seconds for a drain: the wait for the host's turn and a configured limit of minutes. The script has limits of its own. */
const DRAIN_LIMIT = 7200;
/**
 * Seconds for the packages: 900 for the lock of a killed run's step, 300 for the system's own updates, 4 × 600 for lists, download,
 * installation and updates, 600 for their last tries, for a stop and a start.
 */
const PACKAGES_LIMIT = 4200;
/** Seconds for a reboot, and between two looks at a host that reboots. */
const REBOOT_LIMIT = 600;
const REBOOT_PAUSE = 3;
/**
 * Seconds for a Docker engine to be a member again: 900 for the lock of a step that still runs there, 600 for the script's
 * own waits. And for the managers to see that.
 */
const BACK_LIMIT = 1500;
const READY_LIMIT = 90;
/** The same after a failure, when it may never be. */
const FAILED_LIMIT = 20;

const systemSchema = z.object({
  /** Another text after each boot. */
  boot: z.string(),
  /** Whether a repository has the wanted version. */
  offered: z.boolean(),
  /** The least that is free where packages and Docker's data are. */
  freeKib: z.number(),
  /** Number of packages of the system that have a newer version. */
  updates: z.number().int(),
  /** Whether the system asks for a reboot. */
  restart: z.boolean(),
});

/** What a host answered about its system: the output of scripts/host-system.sh. */
export type SystemFacts =
  | ({ readonly reached: true } & Readonly<z.infer<typeof systemSchema>>)
  | {
      readonly reached: false;
      /** What was seen last. */
      readonly seen: string;
    };

/** By host name. */
export type AllSystems = Readonly<Record<string, SystemFacts>>;

/** A host to upgrade in place. */
export interface HostToUpgrade {
  readonly name: string;
  readonly role: Role;
  readonly nodeId: string;
  /** Version of Docker's packages to install. @default they stay as they are */
  readonly version?: string;
  /** Whether the system's updates are installed, and the host reboots. */
  readonly reboot: boolean;
}

/** Runs `scripts/<step>.sh`. @returns its standard output @throws Error when it fails */
type RunScript = (step: string, data: StepData, limit: number) => Promise<string>;

/** What the upgrade of one host calls. */
interface Calls {
  readonly bastion: RunScript;
  readonly host: RunScript;
  /** The key of an autolocked swarm. @returns undefined where managers aren't locked */
  readonly unlockKey: () => Promise<string | undefined>;
}

/** Asks hosts for their system and for what their package repositories have. Never throws: failures are in the result. */
export async function askSystems(stack: LiveStack, hosts: readonly string[], version: string): Promise<AllSystems> {
  const found = hosts.map(
    async (name) => [name, await askSystem(callsOf(stack, name).host, name, version, true)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

/**
 * Upgrades hosts at the same time: each is drained, changed, and put back into service with its former availability.
 *
 * @returns why it failed, a line for each host that did
 */
export async function upgradeInPlace(stack: LiveStack, hosts: readonly HostToUpgrade[]): Promise<string | undefined> {
  const failures = await Promise.all(hosts.map((host) => upgradeHost(stack.stack, host, callsOf(stack, host.name))));
  const lines = hosts.flatMap(({ name }, i) => (failures[i] === undefined ? [] : [`${name}: ${failures[i]}`]));
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Upgrades one host. @returns why it failed, and whether it is back in service */
export async function upgradeHost(
  stack: string,
  { name, role, nodeId, version = "", reboot }: HostToUpgrade,
  { bastion, host, unlockKey }: Calls,
): Promise<string | undefined> {
  const activate = (limit: number): Promise<unknown> =>
    bastion("activate-node", { name, role, nodeId, limit }, limit + READY_LIMIT);
  let key: string | undefined;
  const back = (): Promise<unknown> =>
    host("engine-back", key === undefined ? { name } : { name, unlockKey: key }, BACK_LIMIT);
  try {
    // While an only manager is locked, nobody can be asked.
    if (role === "manager") key = await unlockKey();
    await bastion("drain-node", { name, nodeId }, DRAIN_LIMIT);
  } catch (error) {
    return messageOf(error);
  }
  try {
    const before = reboot ? bootOf(await askSystem(host, name, version, false)) : "";
    await host("upgrade-engine", { name, engine: version, reboot }, PACKAGES_LIMIT);
    if (reboot) await awaitBoot(host, name, before);
    await back();
    await activate(READY_LIMIT);
    return undefined;
  } catch (error) {
    // With its former packages, or with the new ones, it may be well. Where the connection was lost, its script may go on and stop
    // the Docker engine later: the host's lock tells when that is over.
    const stays = await back()
      .then(() => activate(FAILED_LIMIT))
      .then(
        () => "It is back in service.",
        (reason: unknown) =>
          `It stays drained: ${messageOf(reason)}\n` +
          `The next run of the upgrade puts it back into service. If its Docker engine is down, first: ${commands(stack).repair}`,
      );
    return `${messageOf(error)}\n${stays}`;
  }
}

function bootOf(system: SystemFacts): string {
  if (!system.reached) throw new Error(system.seen);
  return system.boot;
}

/** Waits until the host answers after another boot. */
async function awaitBoot(host: RunScript, name: string, before: string): Promise<void> {
  const end = Date.now() + REBOOT_LIMIT * 1000;
  for (;;) {
    const system = await askSystem(host, name, "", false);
    if (system.reached && system.boot !== before) return;
    const seen = system.reached ? "it answers, and has not rebooted" : system.seen;
    if (Date.now() >= end) throw new Error(`waited ${REBOOT_LIMIT} s for its reboot; saw last: ${seen}`);
    await sleep(REBOOT_PAUSE * 1000);
  }
}

async function askSystem(host: RunScript, name: string, version: string, lists: boolean): Promise<SystemFacts> {
  try {
    const stdout = await host("host-system", { name, engine: version, lists }, LOOK_LIMIT);
    return { reached: true, ...systemSchema.parse(JSON.parse(stdout)) };
  } catch (error) {
    return { reached: false, seen: messageOf(error) };
  }
}

function callsOf(stack: LiveStack, name: string): Calls {
  const client = { key: stack.outputs.access.client.key };
  return {
    bastion: (step, data, limit) => scriptOnBastion(stack, step, { ...data, client }, limit),
    host: (step, data, limit) =>
      withRoutes(stack, async (routes) =>
        outputOf((await scriptOnHost(stack, name, step, data, { ...routes, limit })).end),
      ),
    unlockKey: async () => (await aboutSwarm(stack, name)).unlockKey,
  };
}
