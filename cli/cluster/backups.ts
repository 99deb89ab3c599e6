/** Backups of the swarm's state: what is stored, listed, given back and compared. Runs scripts on the bastion, which call hosts. */
import { z } from "zod";
import { dataText, forHost, readScript, sized, type StepData } from "../../components/ssh/script";
import { hostWay } from "../../components/ssh/host-way";
import type { BackupStore } from "../../components/outputs";
import { UserError } from "../terminal/errors";
import { decryptNodeKey } from "./node-key";
import type { DockerCall } from "./docker-api";
import { loginOf } from "./logins";
import { throughManager } from "./inspect";
import { scriptOnBastion } from "./run-script";
import type { LiveStack } from "./stack";
import { commands } from "./words";

/** Seconds: to list; for a copy, its upload and the removal of old ones; to read all of a snapshot; for a host to take it over. */
const LIST_LIMIT = 300;
const SAVE_LIMIT = 1800;
const READ_LIMIT = 1800;
const GIVE_LIMIT = 1800;

/** Seconds for a host to accept the bastion's connection. */
const CONNECT_LIMIT = 20;

/** A backup in the repository. */
export interface Snapshot {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  /** Cluster id. */
  readonly swarmId: string;
  /** The manager whose state it is, and its address then. */
  readonly manager: string;
  readonly address: string;
  /** Version of its Docker engine. */
  readonly engine: string;
  /** Whether the swarm was autolocked. */
  readonly autolock: boolean;
}

/** What came of a backup. */
export interface Saved {
  readonly snapshot: string;
  /** For how long the Docker engine was stopped, in milliseconds. */
  readonly away: number;
  readonly bytes: number;
  /** Whether the swarm was autolocked. */
  readonly autolock: boolean;
}

const savedSchema = z.object({ snapshot: z.string().min(1), away: z.number(), bytes: z.number() });

const listSchema = z.array(z.object({ id: z.string(), time: z.string(), tags: z.array(z.string()).nullish() }));

/** Reads the list that scripts/backup.sh prints, the newest first. Pure. */
export function readSnapshots(text: string): Snapshot[] {
  return listSchema
    .parse(JSON.parse(text))
    .map(({ id, time, tags }) => {
      const tag = (name: string): string =>
        (tags ?? []).find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
      return {
        id,
        time,
        swarmId: tag("swarm"),
        manager: tag("manager"),
        address: tag("address"),
        engine: tag("engine"),
        autolock: tag("autolock") === "yes",
      };
    })
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

/** The stack's repository. @throws UserError when the configuration has none */
export function storeOf({ stack, outputs }: LiveStack): BackupStore {
  if (outputs.backup !== undefined) return outputs.backup;
  throw new UserError(
    `The stack ${stack} has no place for backups. Set swarm-ha:backup (docs/operations/backup.md), then: ${commands(stack).up}`,
  );
}

/** All backups of the stack, the newest first. @throws Error when the repository can't be read */
export async function listSnapshots(stack: LiveStack): Promise<Snapshot[]> {
  const data = { mode: "list", stack: stack.stack, store: { ...storeOf(stack) } };
  return readSnapshots(await scriptOnBastion(stack, "backup", data, LIST_LIMIT));
}

/** Checks the repository itself. @throws Error when it is damaged */
export async function checkRepository(stack: LiveStack): Promise<void> {
  const data = { mode: "check", stack: stack.stack, store: { ...storeOf(stack) } };
  await scriptOnBastion(stack, "backup", data, READ_LIMIT);
}

/**
 * Stores the state that this manager has. Its Docker engine stops for seconds.
 *
 * @throws Error when that fails; the Docker engine runs again all the same
 */
export async function saveSwarm(stack: LiveStack, manager: string, now: Date): Promise<Saved> {
  const store = storeOf(stack);
  const { engine, unlockKey } = await aboutSwarm(stack, manager);
  const address = stack.outputs.hosts[manager]?.address ?? "";
  const { swarmId, caCertificate } = stack.outputs;
  const key = unlockKey === undefined ? {} : { unlockKey };
  const nodes = stack.desired.nodes.map(({ name, role, zone, pool, address: at }) => ({
    name,
    role,
    zone,
    pool,
    address: at,
  }));
  const facts = {
    stack: stack.stack,
    swarmId,
    time: now.toISOString(),
    manager,
    address,
    engine,
    caCertificate,
    nodes,
    ...key,
  };
  const tags = [
    ...[`swarm=${swarmId}`, `manager=${manager}`, `address=${address}`, `engine=${engine}`],
    ...(unlockKey === undefined ? [] : ["autolock=yes"]),
  ];
  const data = {
    mode: "save",
    stack: stack.stack,
    store: { ...store },
    facts: JSON.stringify(facts),
    tags,
    call: hostCall(stack, manager, "save-swarm", key),
  };
  const stored = savedSchema.parse(JSON.parse(await scriptOnBastion(stack, "backup", data, SAVE_LIMIT)));
  return { ...stored, autolock: unlockKey !== undefined };
}

/** Reads all of a snapshot. @throws Error when it can't be read, or isn't whole */
export async function readSnapshot(stack: LiveStack, snapshot: string): Promise<void> {
  await scriptOnBastion(stack, "restore", { mode: "read", snapshot, store: { ...storeOf(stack) } }, READ_LIMIT);
}

const keysSchema = z.object({ unlockKey: z.string(), nodeKey: z.string() });

/** The node's own key in a backup of an autolocked swarm, decrypted; nothing for other swarms. @throws Error when it can't be */
async function nodeKeyOf(stack: LiveStack, snapshot: string, autolock: boolean): Promise<StepData> {
  if (!autolock) return {};
  const data = { mode: "keys", snapshot, store: { ...storeOf(stack) } };
  const { unlockKey, nodeKey } = keysSchema.parse(
    JSON.parse(await scriptOnBastion(stack, "restore", data, READ_LIMIT)),
  );
  return unlockKey === "" ? {} : { nodeKey: decryptNodeKey(nodeKey, unlockKey) };
}

/** Makes a host the only manager of the swarm in a snapshot. @throws Error when that fails */
export async function restoreOn(stack: LiveStack, name: string, { id, swarmId, autolock }: Snapshot): Promise<void> {
  const host = stack.desired.nodes.find((node) => node.name === name);
  const key = await nodeKeyOf(stack, id, autolock);
  const data = { address: host?.address ?? "", identity: host?.identity ?? "", swarmId, ...key };
  await give(stack, name, "restore-swarm", id, data);
}

const contentsSchema = z.object({
  swarmId: z.string(),
  services: z.array(z.string()),
  secrets: z.array(z.string()),
  configs: z.array(z.string()),
  networks: z.array(z.string()),
});

/** What a swarm has, by name. */
export type Contents = z.infer<typeof contentsSchema>;

/** Restores a snapshot into a scratch Docker engine on this host, which has no network. @returns what is in it */
export async function contentsOf(
  stack: LiveStack,
  name: string,
  { snapshot, autolock }: Pick<Saved, "snapshot" | "autolock">,
): Promise<Contents> {
  const key = await nodeKeyOf(stack, snapshot, autolock);
  return contentsSchema.parse(JSON.parse(await give(stack, name, "verify-swarm", snapshot, key)));
}

const named = z.array(z.object({ Spec: z.object({ Name: z.string() }) }));
const networks = z.array(z.object({ Name: z.string(), Scope: z.string() }));

/** What the swarm has now. */
export async function liveContents(stack: LiveStack): Promise<Contents> {
  let found: Contents | undefined;
  await throughManager(stack, async (call) => {
    const names = async (path: string): Promise<string[]> =>
      named
        .parse(await call("GET", path))
        .map(({ Spec }) => Spec.Name)
        .sort();
    const { ID: swarmId } = z.object({ ID: z.string() }).parse(await call("GET", "/swarm"));
    const all = networks.parse(await call("GET", "/networks"));
    found = {
      swarmId,
      services: await names("/services"),
      secrets: await names("/secrets"),
      configs: await names("/configs"),
      networks: all.flatMap(({ Name, Scope }) => (Scope === "swarm" ? [Name] : [])).sort(),
    };
  });
  if (found === undefined) throw new Error("no manager answers");
  return found;
}

/**
 * What the swarm has and the backup hasn't, or the other way round: a sentence each. What a deployment has changed during the
 * backup may be in it or not. Pure.
 *
 * @param before what the swarm had before the backup
 * @param after what it had after that
 */
export function differences(before: Contents, after: Contents, restored: Contents): string[] {
  const of = (kind: "services" | "secrets" | "configs" | "networks"): string[] => [
    ...before[kind]
      .filter((name) => after[kind].includes(name) && !restored[kind].includes(name))
      .map((name) => `the backup lacks ${name} (${kind})`),
    ...restored[kind]
      .filter((name) => !before[kind].includes(name) && !after[kind].includes(name))
      .map((name) => `only the backup has ${name} (${kind})`),
  ];
  return [
    ...(after.swarmId === restored.swarmId ? [] : [`the backup is of the swarm ${restored.swarmId}`]),
    ...[of("services"), of("secrets"), of("configs"), of("networks")].flat(),
  ];
}

/** What the swarm says of a manager's Docker engine, and the key that unlocks managers. */
export async function aboutSwarm(stack: LiveStack, manager: string): Promise<{ engine: string; unlockKey?: string }> {
  const nodes = z.array(
    z.object({
      Description: z.object({ Hostname: z.string().default(""), Engine: z.object({ EngineVersion: z.string() }) }),
    }),
  );
  const swarm = z.object({
    Spec: z.object({ EncryptionConfig: z.object({ AutoLockManagers: z.boolean().default(false) }).nullish() }),
  });
  let found: { engine: string; unlockKey?: string } | undefined;
  await throughManager(stack, async (call: DockerCall) => {
    const { Spec } = swarm.parse(await call("GET", "/swarm"));
    const of = nodes.parse(await call("GET", "/nodes")).find(({ Description }) => Description.Hostname === manager);
    const locked = Spec.EncryptionConfig?.AutoLockManagers === true;
    const key = locked
      ? z.object({ UnlockKey: z.string().min(1) }).parse(await call("GET", "/swarm/unlockkey"))
      : undefined;
    found = {
      // Tags are separated by commas.
      engine: (of?.Description.Engine.EngineVersion ?? "unknown").replaceAll(",", "_"),
      ...(key === undefined ? {} : { unlockKey: key.UnlockKey }),
    };
  });
  if (found === undefined) throw new Error("no manager answers");
  return found;
}

function give(stack: LiveStack, name: string, step: string, snapshot: string, data: StepData): Promise<string> {
  const call = hostCall(stack, name, step, data);
  return scriptOnBastion(stack, "restore", { mode: "give", snapshot, store: { ...storeOf(stack) }, call }, GIVE_LIMIT);
}

/** A host's step as the bastion runs it (scripts/on-host.sh). The bastion may add to the step's input. */
function hostCall(stack: LiveStack, name: string, step: string, data: StepData): { command: string; input: string } {
  const { deployment } = stack;
  const { privateKey } = stack.outputs.access.bastion;
  const address = stack.desired.nodes.find((node) => node.name === name)?.address;
  const way = hostWay(name, loginOf(name, { deployment, address, privateKey }), CONNECT_LIMIT);
  return { command: forHost(readScript(step)), input: sized(dataText(way)) + dataText({ name, ...data }) };
}
