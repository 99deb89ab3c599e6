/**
 * The lock of operations that stop managers, between workstations: held on the bastion by an SSH session, so that it ends
 * with it. See scripts/operation-lock.sh.
 */
import { hostname, userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientChannel } from "ssh2";
import { z } from "zod";
import type { Access } from "../../components/outputs";
import { messageOf } from "../../components/message";
import { asRoot } from "../../components/ssh/elevate";
import { dataText, readScript, sent, sized } from "../../components/ssh/script";
import { within } from "../../components/limit";
import { logIn } from "../../components/ssh/client";
import { readState } from "../cluster/stack";
import { reachOfState } from "../diagnose/access";
import { UserError } from "../terminal/errors";

/** Seconds for the log-in and the lock. */
const LIMIT = 15;
/** The same, once the bastion didn't answer: it is asked before each step. */
const AGAIN_LIMIT = 5;

/** Seconds between two signs of life, and without one until the bastion gives the lock to others. */
const SIGN = 5;
const SILENCE = 30;

/** Who holds the lock. */
export interface Holder {
  /** `ann@laptop`. */
  readonly owner: string;
  /** The operation's name. */
  readonly operation: string;
  /** RFC 3339. */
  readonly since: string;
  /** The process on the bastion that holds it. @default nobody holds it yet, or that isn't known */
  readonly pid?: number | undefined;
}

const holderSchema = z.object({
  owner: z.string(),
  operation: z.string(),
  since: z.string(),
  pid: z.number().int().optional(),
});

/** The lock while it is held. */
export interface HeldLock {
  /** False from the moment when the connection to the bastion is lost. */
  readonly isHeld: () => boolean;
  readonly release: () => void;
}

/** What keeps operations of other workstations away while one runs. */
export interface Exclusion {
  /**
   * Takes the lock, or takes it again if the bastion was replaced or the connection was lost.
   *
   * @throws UserError when another operation holds it
   */
  hold(): Promise<void>;
  /** Why the lock isn't free; undefined when it is, and when the bastion can't be asked. Changes nothing. */
  look(): Promise<string | undefined>;
  release(): void;
}

/** Who runs this. */
export function thisHolder(operation: string, now: Date): Holder {
  return { owner: `${userInfo().username}@${hostname()}`, operation, since: now.toISOString() };
}

/** Why no operation can run now: which one does. Pure. */
export function takenText(stack: string, { owner, operation, since, pid }: Holder): string {
  const time = since === "" ? "" : ` since ${since.slice(0, 16).replace("T", " ")} UTC`;
  const free =
    pid === undefined ? "" : ` If nobody can end it there, free its lock, as root on the bastion: kill ${pid}`;
  return (
    `Another operation runs on the stack ${stack}: ${operation}, by ${owner}${time}. ` +
    `Wait for its end, or end it there, then run this again.${free}`
  );
}

/** Reads the first line that the script prints. @returns who holds the lock; undefined when this run does, or nobody. Pure. */
export function readAnswer(line: string): Holder | undefined {
  if (line === "held" || line === "free") return undefined;
  const unknown = { owner: "another workstation", operation: "its name is unknown", since: "" };
  if (!line.startsWith("taken ")) throw new Error(`the bastion answered: ${line.slice(0, 200)}`);
  try {
    return holderSchema.parse(JSON.parse(line.slice("taken ".length)));
  } catch {
    return unknown;
  }
}

/**
 * Takes the lock on the bastion.
 *
 * @param limit seconds @default 15
 * @returns the lock, or who holds it
 * @throws Error when the bastion can't be reached
 */
export async function takeLock(bastion: Access["bastion"], holder: Holder, limit = LIMIT): Promise<HeldLock | Holder> {
  const { client, channel, other } = await ask(bastion, { mode: "hold", holder: JSON.stringify(holder) }, limit);
  if (other !== undefined) {
    client.end();
    return other;
  }
  let held = true;
  const signs = setInterval(() => channel.write("\n"), SIGN * 1000);
  const lost = (): void => {
    held = false;
    clearInterval(signs);
    client.destroy();
  };
  channel.once("close", lost).on("error", lost);
  client.once("close", lost);
  return {
    isHeld: () => held,
    release() {
      clearInterval(signs);
      // Its end is the lock's end.
      channel.end();
      client.end();
    },
  };
}

function isSame(taken: HeldLock | Holder, holder: Holder): boolean {
  return "since" in taken && taken.owner === holder.owner && taken.since === holder.since;
}

/** Who holds the lock; undefined when nobody does. @throws Error when the bastion can't be reached */
export async function holderOfLock(bastion: Access["bastion"]): Promise<Holder | undefined> {
  const { client, other } = await ask(bastion, { mode: "look" }, LIMIT);
  client.end();
  return other;
}

async function ask(
  bastion: Access["bastion"],
  data: { readonly mode: "hold" | "look"; readonly holder?: string },
  limit: number,
): Promise<{ client: Client; channel: ClientChannel; other: Holder | undefined }> {
  const { host, port, user, privateKey, hostKey } = bastion;
  const client = new Client();
  try {
    return await within(limit, async ({ signal, phase }) => {
      signal.addEventListener("abort", () => client.destroy());
      phase(`logging in to ${host}:${port}`);
      const alive = { keepaliveInterval: SIGN * 1000, keepaliveCountMax: 3 };
      await logIn(client, hostKey, { host, port, username: user, privateKey, readyTimeout: limit * 1000, ...alive });
      phase("taking the lock of operations on the bastion");
      const script = readScript("operation-lock");
      const { command, prefix } = asRoot(sent(script), bastion);
      const channel = await new Promise<ClientChannel>((resolve, reject) => {
        client.exec(command, (error, opened) => {
          if (error) reject(error);
          else resolve(opened);
        });
      });
      const answer = firstLine(channel);
      channel.write(prefix + script.text + sized(dataText({ ...data, silence: SILENCE })));
      return { client, channel, other: readAnswer(await answer) };
    });
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function firstLine(channel: ClientChannel): Promise<string> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ["", ""];
    channel.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const end = stdout.indexOf("\n");
      if (end >= 0) resolve(stdout.slice(0, end));
    });
    channel.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    channel.once("close", () => {
      reject(new Error(`the script ended: ${stderr.trim().slice(-300)}`));
    });
  });
}

/**
 * The exclusion of a stack, by its bastion. Without a state that can be read and a bastion that answers, operations run all the same: `repair` brings it
 * back, and no other workstation reaches the hosts meanwhile.
 *
 * @param note shows why others aren't excluded, and what it waits for
 * @param find the bastion's sshd; undefined when there is no stack, or no bastion in its state @default reads the stack's state
 */
export function exclusionOf(
  stack: string,
  operation: string,
  note: (text: string) => void,
  find: () => Promise<Access["bastion"] | undefined> = async () => reachOfState(await readState(stack)).bastion,
): Exclusion {
  const holder = thisHolder(operation, new Date());
  let bastion: Promise<Access["bastion"] | undefined> | undefined;
  let lock: HeldLock | undefined;
  let told = false;
  /**
   * @returns undefined when there is no stack, or no bastion in it, which the operation itself reports
   * @throws Error when that can't be read
   */
  const found = async (): Promise<Access["bastion"] | undefined> => {
    try {
      return await (bastion ??= find());
    } catch (error) {
      bastion = undefined;
      throw error;
    }
  };
  /** Takes the lock, and waits for this run's own former session: the bastion counts it as alive for a while. */
  const take = async (at: Access["bastion"]): Promise<HeldLock | Holder> => {
    let taken = await takeLock(at, holder, told ? AGAIN_LIMIT : LIMIT);
    if (isSame(taken, holder))
      note(`Waiting until the bastion ends this run's former connection, up to ${SILENCE + SIGN} s.`);
    const end = Date.now() + (SILENCE + SIGN) * 1000;
    while (isSame(taken, holder) && Date.now() < end) {
      await sleep(1000);
      taken = await takeLock(at, holder);
    }
    return taken;
  };
  return {
    async hold() {
      if (lock?.isHeld() === true) return;
      // The bastion may have been replaced, or its key rotated.
      if (lock !== undefined) bastion = undefined;
      lock = undefined;
      let taken: HeldLock | Holder;
      try {
        const at = await found();
        if (at === undefined) return;
        taken = await take(at);
      } catch (error) {
        if (!told)
          note(`Other workstations' operations aren't excluded: the bastion can't be asked (${messageOf(error)}).`);
        told = true;
        return;
      }
      if (!("isHeld" in taken)) throw new UserError(takenText(stack, taken));
      lock = taken;
    },
    async look() {
      try {
        const at = await found();
        const other = at === undefined ? undefined : await holderOfLock(at);
        return other === undefined ? undefined : takenText(stack, other);
      } catch {
        return undefined;
      }
    },
    release() {
      lock?.release();
      lock = undefined;
    },
  };
}
