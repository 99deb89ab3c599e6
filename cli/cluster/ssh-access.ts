/** Which SSH keys let one in on the bastion and on all hosts: asked, and changed. */
import { atATime } from "./at-a-time";
import type { Access } from "../../components/outputs";
import { messageOf } from "../../components/message";
import { LOAD_BALANCER } from "../../plan/labels";
import type { Login } from "../../plan/login";
import { openBastion, type Tunnel } from "../../components/ssh/bastion";
import { outputOf, runOnHost, scriptCall } from "./host-shell";
import { loginOf } from "./logins";
import { isRefusal } from "../../components/ssh/client";
import type { LiveStack } from "./stack";

/** Seconds for the log-in to the bastion. */
const DIAL_LIMIT = 15;
/** Seconds for one host's script. */
const LIMIT = 20;
/** Hosts that are asked at a time: each log-in costs both sides about 20 ms of processor time. */
const AT_A_TIME = 10;
/** The bastion's name in results. */
const BASTION = "bastion";

/** What came of it, by host name, the bastion included; a text: why it failed there. */
export type ByHost<T> = Readonly<Record<string, T>>;

/** What a host does with a key; a text: it couldn't be asked. */
export type KeyAnswer = "accepted" | "refused" | { readonly unknown: string };

/** A stack's way to its hosts, as far as keys need it. */
export type Reachable = Pick<LiveStack, "deployment"> & {
  readonly outputs: Pick<LiveStack["outputs"], "hosts"> & { readonly access: Pick<Access, "bastion"> };
};

/** Names of all hosts that let the stack's key in: the bastion first, then those of the plan. */
export function keyHolders({ outputs }: Pick<Reachable, "outputs">): string[] {
  return [BASTION, ...Object.keys(outputs.hosts)];
}

/** Hosts of the state that no finished `up` has put into the outputs: they can't be reached from there. Pure. */
export function unlisted({ instances, outputs }: Pick<LiveStack, "instances"> & Pick<Reachable, "outputs">): string[] {
  const known = keyHolders({ outputs });
  return instances.flatMap(({ name, role }) => (role === LOAD_BALANCER || known.includes(name) ? [] : [name]));
}

/**
 * Authorises keys on every host, logging in with the stack's own.
 *
 * @param keys lines of `authorized_keys`
 * @param only whether every other key is removed
 * @returns by host, why it failed there; undefined where it didn't
 */
export function authorize(
  stack: Reachable,
  keys: readonly string[],
  only: boolean,
): Promise<ByHost<string | undefined>> {
  const call = scriptCall("ssh-keys", { keys: keys.map((key) => key.trim()), only });
  const { privateKey } = stack.outputs.access.bastion;
  return onEach(
    stack,
    async (name, tunnel) => {
      const end = await (name === BASTION
        ? tunnel.run(call.command, call.input, LIMIT)
        : runOnHost(name, loginWith(stack, name, privateKey), tunnel, call, LIMIT));
      outputOf(end);
      return undefined;
    },
    (reason) => reason,
  );
}

/**
 * Tries a key on every host. The bastion is dialled with it; the hosts are, through the bastion, which the stack's own key opens.
 *
 * @param privateKey in OpenSSH's format
 */
export function tryKey(stack: Reachable, privateKey: string): Promise<ByHost<KeyAnswer>> {
  const { bastion } = stack.outputs.access;
  return onEach<KeyAnswer>(
    stack,
    async (name, tunnel) => {
      try {
        if (name === BASTION) (await openBastion({ ...bastion, privateKey }, DIAL_LIMIT)).close();
        else await runOnHost(name, loginWith(stack, name, privateKey), tunnel, { command: "true", input: "" }, LIMIT);
        return "accepted";
      } catch (error) {
        if (isRefusal(error)) return "refused";
        throw error;
      }
    },
    (reason) => ({ unknown: reason }),
  );
}

function loginWith({ outputs, deployment }: Reachable, name: string, privateKey: string): Login {
  const { address } = outputs.hosts[name] ?? {};
  return { ...loginOf(name, { deployment, address, privateKey }), privateKey };
}

/** Does something on each host. One that fails doesn't stop the others. */
async function onEach<T>(
  stack: Reachable,
  work: (name: string, tunnel: Tunnel) => Promise<T>,
  failed: (reason: string) => T,
): Promise<ByHost<T>> {
  const names = keyHolders(stack);
  const tunnel = await openBastion(stack.outputs.access.bastion, DIAL_LIMIT).catch(messageOf);
  if (typeof tunnel === "string") {
    return Object.fromEntries(names.map((name) => [name, failed(`the bastion can't be reached: ${tunnel}`)]));
  }
  try {
    const found = await atATime(
      names,
      AT_A_TIME,
      async (name) => [name, await work(name, tunnel).catch((error: unknown) => failed(messageOf(error)))] as const,
    );
    return Object.fromEntries(found);
  } finally {
    tunnel.close();
  }
}
