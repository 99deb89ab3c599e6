/** Runs our scripts on the bastion and on hosts. A script's data goes to its standard input, never to its arguments. */
import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import type { StepData } from "../../components/ssh/script";
import { openBastion, type Tunnel } from "../../components/ssh/bastion";
import { outputOf, runOnHost, scriptCall } from "./host-shell";
import { loginOf } from "./logins";
import { containersOf } from "./platform";
import type { ScriptEnd } from "../../components/ssh/client";
import type { LiveStack } from "./stack";

/** Seconds for the log-in to the bastion. */
const DIAL_LIMIT = 15;

/** The routes to the hosts of a stack. */
export interface Routes {
  /** The bastion, or why it can't be reached. */
  readonly bastion: Tunnel | string;
  /** The Docker engine that the hosts are containers of: reaches those whose sshd doesn't answer. @default there is none */
  readonly docker?: Docker | undefined;
}

/** What is known of the hosts that scripts run on: of a stack that is up, or from the state of one whose `up` failed. */
export interface HostAccess extends Pick<LiveStack, "stack" | "deployment"> {
  readonly desired: { readonly nodes: readonly { readonly name: string; readonly address: string }[] };
  readonly outputs: { readonly access: { readonly bastion: { readonly privateKey: string } } };
}

/** How a script ended on a host, and the route that led there. */
export interface HostScriptEnd {
  readonly end: ScriptEnd;
  readonly via: "bastion" | "platform";
}

/**
 * Logs in to the bastion for the length of some work.
 *
 * @param limit seconds for the log-in @default 15
 * @param docker see {@link Routes}
 */
export async function withRoutes<T>(
  stack: LiveStack,
  work: (routes: Routes) => Promise<T>,
  { limit = DIAL_LIMIT, docker }: { readonly limit?: number; readonly docker?: Docker | undefined } = {},
): Promise<T> {
  const bastion = await openBastion(stack.outputs.access.bastion, limit).catch(messageOf);
  try {
    return await work({ bastion, docker });
  } finally {
    if (typeof bastion !== "string") bastion.close();
  }
}

/**
 * Logs in to the bastion for the length of some work.
 *
 * @throws Error when the bastion can't be reached
 */
export function onBastion<T>(stack: LiveStack, work: (bastion: Tunnel) => Promise<T>): Promise<T> {
  return withRoutes(stack, ({ bastion }) => {
    if (typeof bastion === "string") throw new Error(`the bastion can't be reached: ${bastion}`);
    return work(bastion);
  });
}

/**
 * Runs `scripts/<step>.sh` on the bastion.
 *
 * @param limit seconds
 * @returns its standard output
 * @throws Error with the end of its standard error when it fails
 */
export function scriptOnBastion(stack: LiveStack, step: string, data: StepData, limit: number): Promise<string> {
  const { command, input } = scriptCall(step, data);
  return onBastion(stack, async (bastion) => outputOf(await bastion.run(command, input, limit)));
}

/**
 * Runs `scripts/<step>.sh` on a host: through the bastion, else through the platform.
 *
 * @param limit seconds
 * @throws Error when the host can't be reached, or the script doesn't end by itself
 */
export async function scriptOnHost(
  stack: HostAccess,
  name: string,
  step: string,
  data: StepData,
  { bastion, docker, limit }: Routes & { readonly limit: number },
): Promise<HostScriptEnd> {
  const call = scriptCall(step, data);
  try {
    if (typeof bastion === "string") throw new Error(`the bastion can't be reached (${bastion})`);
    const { deployment } = stack;
    const { privateKey } = stack.outputs.access.bastion;
    const address = stack.desired.nodes.find((node) => node.name === name)?.address;
    const login = loginOf(name, { deployment, address, privateKey });
    return { end: await runOnHost(name, login, bastion, call, limit), via: "bastion" };
  } catch (error) {
    const end =
      docker === undefined ? undefined : await containersOf(stack.stack)?.run(docker, stack.stack, name, call, limit);
    if (end === undefined) throw error;
    return { end, via: "platform" };
  }
}
