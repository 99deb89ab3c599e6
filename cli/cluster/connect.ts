import type { Duplex } from "node:stream";
import type { StackOutputs } from "../../components/outputs";
import { PORTS } from "../../plan/ports";
import type { DockerCall } from "./docker-api";
import { ask, dial, secure, shown } from "./http";
import { messageOf } from "../../components/message";
import { within } from "./limit";
import { openBastion, type Tunnel } from "./bastion";

/** Seconds for each wait on the way in. A cluster at a healthy distance answers in well under one. */
export const LIMIT = 5;

/** A manager that can be asked: by itself, or whichever one the load balancer picks. */
export interface Manager {
  readonly name: string;
  readonly call: DockerCall;
}

/** Ways into a cluster. */
export interface Connection {
  /** Why the bastion can't be reached. @default it can */
  readonly bastionError?: string;
  /** The log-in to the bastion. @default there is none */
  readonly tunnel?: Tunnel;
  /** Every manager by itself; empty without a bastion. */
  readonly managers: readonly Manager[];
  /** The way that people take, which needs no bastion. */
  readonly balanced: Manager;
  /** Reads a page inside over plain HTTP. @throws Error without a bastion */
  readonly page: (url: string) => Promise<string>;
  /**
   * The certificate that somebody inside serves, DER, whether it is good or not.
   *
   * @param asked the name that is asked for (SNI)
   * @throws Error when there is none to be had
   */
  readonly certificate: (address: string, port: number, asked: string) => Promise<Buffer>;
  close(): void;
}

/** Opens connections. An unreachable bastion is a finding, not an error. */
export async function connect(outputs: StackOutputs, limit = LIMIT): Promise<Connection> {
  const bastion = await openBastion(outputs.access.bastion, limit).catch((error: unknown) => messageOf(error));
  const balanced: Manager = { name: "the manager load balancer", call: balancedCall(outputs, limit) };
  if (typeof bastion === "string") {
    const page = (): Promise<never> => Promise.reject(new Error("the bastion can't be reached"));
    return { bastionError: bastion, managers: [], balanced, page, certificate: page, close: () => undefined };
  }
  return {
    tunnel: bastion,
    managers: Object.entries(outputs.hosts).flatMap(([name, { role, address }]) => {
      if (role !== "manager" || address === undefined) return [];
      return { name, call: dockerCall(outputs, [name, address], limit, () => bastion.connect(address, PORTS.api)) };
    }),
    balanced,
    page: (url) => readPage(bastion, url, limit),
    certificate: (address, port, asked) =>
      within(limit, async ({ signal, phase }) => {
        phase(`connecting to ${address}:${port} through the bastion`);
        const stream = await bastion.connect(address, port);
        signal.addEventListener("abort", () => stream.destroy());
        phase(`${address}:${port} was to show its certificate`);
        return shown(stream, outputs.access.client, asked);
      }),
    close: () => {
      bastion.close();
    },
  };
}

function balancedCall(outputs: StackOutputs, limit: number): DockerCall {
  const { hostname, port } = new URL(outputs.endpoints.manager);
  return dockerCall(outputs, [hostname], limit, (signal) => dial(hostname, Number(port || PORTS.api), signal));
}

function dockerCall(
  outputs: StackOutputs,
  names: readonly string[],
  limit: number,
  open: (signal: AbortSignal) => Promise<Duplex>,
): DockerCall {
  const identity = { ca: outputs.caCertificate, client: outputs.access.client };
  return (method, path, body) =>
    within(limit, async ({ signal, phase }) => {
      phase("connecting to its API");
      const stream = await open(signal);
      signal.addEventListener("abort", () => stream.destroy());
      phase("its engine was to shake hands (TLS)");
      const socket = await secure(stream, identity, names);
      phase(`its engine was to answer ${path}`);
      const answer = await ask(socket, { method, path, ...(body === undefined ? {} : { body }) }, signal);
      if (answer.status >= 400) throw new Error(`HTTP ${answer.status}: ${messageIn(answer.body)}`);
      return answer.body.trim() === "" ? undefined : (JSON.parse(answer.body) as unknown);
    });
}

/** The engine says what went wrong as `{ "message": … }`. */
function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return message.trim().slice(0, 300);
  } catch {
    // Not the engine's own words, then: shown as they are.
  }
  return body.trim().slice(0, 300);
}

function readPage(tunnel: Tunnel, url: string, limit: number): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url);
  return within(limit, async ({ signal, phase }) => {
    phase(`connecting to ${hostname}:${port} through the bastion`);
    const stream = await tunnel.connect(hostname, Number(port || 80));
    signal.addEventListener("abort", () => stream.destroy());
    phase(`reading ${url} through the bastion`);
    const answer = await ask(stream, { method: "GET", path: pathname + search }, signal);
    if (answer.status !== 200) throw new Error(`${url}: HTTP ${answer.status}`);
    return answer.body;
  });
}
