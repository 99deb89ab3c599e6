import type { Duplex } from "node:stream";
import type { StackOutputs } from "../../components/outputs";
import { PORTS } from "../../plan/ports";
import type { DockerCall } from "./docker-api";
import { ask, dial, readPage, secure, shown, type TlsIdentity } from "./http";
import { messageOf } from "../../components/message";
import { within } from "../../components/limit";
import { openBastion, type Tunnel } from "../../components/ssh/bastion";

/** Seconds for each connection and request. A cluster at a healthy distance answers in well under one. */
const LIMIT = 5;

/** A manager's API: of one manager, or of whichever one the load balancer picks. */
export interface Manager {
  readonly name: string;
  readonly call: DockerCall;
}

/** A cluster's endpoints. */
export interface Connection {
  /** Why the bastion can't be reached. @default it can */
  readonly bastionError?: string;
  /** The log-in to the bastion. @default there is none */
  readonly tunnel?: Tunnel;
  /** Each manager, through the bastion; empty without it. */
  readonly managers: readonly Manager[];
  /** The managers' load balancer, which needs no bastion. */
  readonly balanced: Manager;
  /** Reads a page over plain HTTP through the bastion. @throws Error without a bastion */
  readonly page: (url: string) => Promise<string>;
  /**
   * The certificate that a host serves, DER, valid or not.
   *
   * @param asked the name that is asked for (SNI)
   * @throws Error when none can be read
   */
  readonly certificate: (address: string, port: number, asked: string) => Promise<Buffer>;
  close(): void;
}

/** Opens connections. An unreachable bastion is a finding, not an error. */
export async function connect(outputs: StackOutputs, limit = LIMIT): Promise<Connection> {
  const { access, caCertificate, endpoints, hosts } = outputs;
  const identity = { ca: caCertificate, client: access.client };
  const { hostname, port } = new URL(endpoints.manager);
  const direct = (signal: AbortSignal): Promise<Duplex> => dial(hostname, Number(port || PORTS.api), signal);
  const balanced: Manager = {
    name: "the manager load balancer",
    call: dockerCall(identity, [hostname], limit, direct),
  };
  const bastion = await openBastion(access.bastion, limit).catch((error: unknown) => messageOf(error));
  if (typeof bastion === "string") {
    const page = (): Promise<never> => Promise.reject(new Error("the bastion can't be reached"));
    return { bastionError: bastion, managers: [], balanced, page, certificate: page, close: () => undefined };
  }
  return {
    tunnel: bastion,
    managers: Object.entries(hosts).flatMap(([name, { role, address }]) => {
      if (role !== "manager" || address === undefined) return [];
      const open = (signal: AbortSignal): Promise<Duplex> => bastion.connect(address, PORTS.api, signal);
      return { name, call: dockerCall(identity, [name, address], limit, open) };
    }),
    balanced,
    page: (url) => readPage(bastion.connect, url, limit),
    certificate: (address, to, asked) =>
      within(limit, async ({ signal, phase }) => {
        phase(`connecting to ${address}:${to} through the bastion`);
        const stream = await bastion.connect(address, to, signal);
        phase(`waiting for the certificate of ${address}:${to}`);
        return shown(stream, access.client, asked);
      }),
    close: () => {
      bastion.close();
    },
  };
}

function dockerCall(
  identity: TlsIdentity,
  names: readonly string[],
  limit: number,
  open: (signal: AbortSignal) => Promise<Duplex>,
): DockerCall {
  return (method, path, body, headers = {}) =>
    within(limit, async ({ signal, phase }) => {
      phase("connecting to its API");
      const stream = await open(signal);
      phase("waiting for its TLS handshake");
      const socket = await secure(stream, identity, names);
      phase(`waiting for its answer to ${path}`);
      const answer = await ask(socket, { method, path, body, headers }, signal);
      if (answer.status >= 400) throw new Error(`HTTP ${answer.status}: ${messageIn(answer.body)}`);
      return answer.body.trim() === "" ? undefined : (JSON.parse(answer.body) as unknown);
    });
}

/** The Docker engine reports an error as `{ "message": … }`; anything else is shown as it is. */
function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return message.trim().slice(0, 300);
  } catch {
    // Not JSON: another program has answered.
  }
  return body.trim().slice(0, 300);
}
