/**
 * Unlocks managers of an autolocked swarm. Keys are only in memory and on TLS connections.
 *
 * Without a majority a manager that got the right key waits for the others, and so does its answer to the call (moby,
 * daemon/cluster/swarm.go, UnlockSwarm). So all of them are unlocked at once, and what counts is that they aren't locked any more.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../components/message";
import { connect, type Manager } from "./connect";
import type { DockerCall } from "./docker-api";
import { UNKNOWN } from "./deployment";
import type { LiveStack } from "./stack";
import { readUnlockKey, unlockKeyIn } from "./swarm-settings";
import { commands, giveKey, list, UNLOCK_KEY } from "./words";

/** Milliseconds for a manager to be locked no longer, by the clock, and between two looks. A wrong key is refused within 1 s. */
const OPEN_LIMIT = 20_000;
const EVERY = 500;

/** The Docker engine's answers. Source: moby, daemon/cluster/errors.go. */
const LOCKED = "needs to be unlocked";
const WRONG_KEY = "invalid key";

/**
 * What a manager answers only after it has read its key: it waits for the others, runs without a leader, or can't start for another
 * reason, such as an expired certificate. That is for other steps. (moby, daemon/cluster: errNoManager, UnlockSwarm and errors.go;
 * swarmkit, manager/state/raft.)
 */
const OPENED = [
  "Manager is being prepared",
  "does not have a leader",
  "certificates have expired",
  "swarm component could not be started",
];

/** The environment's unlock key. It is taken out of the environment at once: no program that is started gets it. A secret. */
const environmentKey = takeKey(process.env);

/** Takes the unlock key out of an environment. @returns undefined where there is none */
export function takeKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env[UNLOCK_KEY]?.trim();
  Reflect.deleteProperty(env, UNLOCK_KEY);
  return key === "" ? undefined : key;
}

/** Time, for tests. */
interface Clock {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * The unlock keys that this workstation knows, the most likely one first: the environment's, the one in the state's step, and the
 * stack's output, which is older after an `up` that failed. Secrets.
 */
export function knownKeys(
  { deployment, outputs }: Pick<LiveStack, "deployment" | "outputs">,
  given: string | undefined = environmentKey,
): string[] {
  const found = [given, unlockKeyIn(deployment), outputs.unlockKey];
  return [...new Set(found.flatMap((key) => (key === undefined || key === "" || key === UNKNOWN ? [] : [key])))];
}

/** Unlocks these managers, with the key that other managers have, else with those that are known. @throws Error naming those that stay locked */
export async function unlockManagers(stack: LiveStack, names: readonly string[]): Promise<void> {
  const connection = await connect(stack.outputs);
  try {
    const locked = connection.managers.filter(({ name }) => names.includes(name));
    if (locked.length < names.length)
      throw new Error(connection.bastionError ?? `the stack's outputs have no address of ${list(names)}`);
    const others = connection.managers.filter(({ name }) => !names.includes(name));
    const given = await Promise.all(others.map(({ call }) => readUnlockKey(call).catch(() => undefined)));
    const keys = [...new Set([...given.flatMap((key) => key ?? []), ...knownKeys(stack)])];
    await unlockWith(locked, keys, commands(stack.stack).repair);
  } finally {
    connection.close();
  }
}

/**
 * Unlocks managers with the first of these keys that fits each.
 *
 * @param repair the command to run again with another key
 * @throws Error naming those that stay locked
 */
export async function unlockWith(
  managers: readonly Manager[],
  keys: readonly string[],
  repair: string,
  clock: Clock = { now: Date.now, pause: sleep },
): Promise<void> {
  if (keys.length === 0)
    throw new Error(`no other manager gives the unlock key, and the stack's outputs have none. ${yours(repair)}`);
  const ends = await Promise.all(managers.map(({ call }) => unlock(call, keys, clock)));
  const stuck = managers.flatMap(({ name }, i) => (ends[i] === undefined ? [] : [`${name}: ${ends[i]}`]));
  if (stuck.length > 0) throw new Error(`${stuck.join("; ")}. ${yours(repair)}`);
}

function yours(repair: string): string {
  return `If you have the key: ${giveKey(repair)}`;
}

/** @returns why the manager is still locked, as far as is known */
async function unlock(call: DockerCall, keys: readonly string[], { now, pause }: Clock): Promise<string | undefined> {
  let seen = "";
  for (const UnlockKey of keys) {
    const refusal = await call("POST", "/swarm/unlock", { UnlockKey }).then(() => "", messageOf);
    if (refusal.includes(WRONG_KEY)) {
      if (seen === "") seen = "no known key fits";
      continue;
    }
    for (const end = now() + OPEN_LIMIT; ;) {
      // Without a leader this fails at once, also while the manager waits for one.
      const answer = await call("GET", "/nodes").then(() => "", messageOf);
      if (answer === "" || OPENED.some((words) => answer.includes(words) || refusal.includes(words))) return undefined;
      seen = answer.includes(LOCKED)
        ? refusal || `it is still locked after ${OPEN_LIMIT / 1000} s`
        : `it is unknown after ${OPEN_LIMIT / 1000} s whether it is locked (${answer})`;
      if (now() >= end) break;
      await pause(EVERY);
    }
  }
  return seen;
}
