/** Log-ins to hosts, through the bastion or without it, for commands that run there as root. */
import { Client } from "ssh2";
import type { Login } from "../../plan/login";
import { within } from "../limit";
import { messageOf } from "../message";
import { openBastion, type Tunnel } from "./bastion";
import { execute, logIn, type ScriptEnd } from "./client";
import { callAsRoot } from "./elevate";

/** How a host is reached. */
export interface Route {
  /** Login of the bastion, as seen from here. @default the host is dialled from here */
  readonly bastion?: Login | undefined;
  /** Login of the host, as seen from the bastion. */
  readonly host: Login;
}

/** A command line, and its whole standard input. */
export interface Call {
  readonly command: string;
  readonly input: string;
}

/**
 * Runs a command as root, and waits for its end.
 *
 * @param seconds limit
 * @param progress gets its standard error as it is printed @default it is only in the result
 * @throws Error when it doesn't end by itself in that time, or the connection is lost
 */
export type RunCall = (call: Call, seconds: number, progress?: (text: string) => void) => Promise<ScriptEnd>;

/** The bastion couldn't be reached, so the host wasn't dialled. */
export class BastionUnreachable extends Error {}

/** A log-in to a host. */
export interface HostSession {
  readonly run: RunCall;
  /** Ends the connection, also under a running command. */
  readonly close: () => void;
}

/**
 * Logs in to a host over a connection from the bastion. The host key has to be the pinned one.
 *
 * @param limit seconds
 * @param name how messages name the host @default its address
 * @throws Error with what was seen last, and where
 */
export async function logInThrough(
  bastion: Pick<Tunnel, "connect">,
  host: Login,
  limit: number,
  name = host.address,
): Promise<HostSession> {
  const { address, port, user, privateKey, hostKey } = host;
  const client = new Client();
  try {
    await within(limit, async ({ signal, phase }) => {
      phase(`connecting to ${address}:${port} from the bastion`);
      const sock = await bastion.connect(address, port, signal);
      phase(`logging in to ${address}:${port} from the bastion`);
      await logIn(client, hostKey, { sock, username: user, privateKey, readyTimeout: limit * 1000 });
    });
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    run: (call, seconds, progress) =>
      within(seconds, ({ phase }) => {
        phase(`a script ran on ${name}`);
        const { command, input } = callAsRoot(call, host);
        return execute(client, command, input, progress);
      }),
    close: () => client.destroy(),
  };
}

/**
 * Logs in to a host for the length of some work. All host keys have to be the pinned ones.
 *
 * @param limit seconds for each log-in
 * @param work gets what runs commands there
 * @throws BastionUnreachable when the bastion is the one that can't be reached, Error with what was seen last, and where, or the
 *   work's own
 */
export async function withHost<T>(
  { bastion, host }: Route,
  limit: number,
  work: (run: RunCall) => Promise<T>,
): Promise<T> {
  if (bastion === undefined) {
    const direct = await openBastion(endpoint(host), limit);
    try {
      return await work(({ command, input }, seconds, progress) => direct.run(command, input, seconds, progress));
    } finally {
      direct.close();
    }
  }
  const tunnel = await openBastion(endpoint(bastion), limit).catch((error: unknown) => {
    throw new BastionUnreachable(`the bastion can't be reached: ${messageOf(error)}`, { cause: error });
  });
  try {
    const session = await logInThrough(tunnel, host, limit);
    try {
      return await work(session.run);
    } finally {
      session.close();
    }
  } finally {
    tunnel.close();
  }
}

/** A login as commands have it in the stack's outputs. */
function endpoint({ address: host, ...login }: Login): Parameters<typeof openBastion>[0] {
  return { host, ...login };
}
