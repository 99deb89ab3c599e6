/** HTTP and TLS over connections that are open already: channels of the bastion, or TCP from this workstation. */
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../components/outputs";
import { within } from "../../components/limit";

/** A request; its body is sent as JSON. */
interface HttpQuestion {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** @default nothing is sent */
  readonly body?: unknown;
  /** @default none besides the body's type */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request over an open connection, and closes it. */
export async function ask(
  stream: Duplex,
  { method, path, body, headers: more = {} }: HttpQuestion,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const headers = { connection: "close", ...json, ...more };
  const asked = request({ method, path, headers, host: "manager", createConnection: () => stream, signal });
  // A second error, after the first has been reported, would otherwise end the process.
  asked.on("error", () => undefined);
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  try {
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  } finally {
    stream.destroy();
  }
}

/**
 * Reads a page over plain HTTP through the bastion.
 *
 * @param limit seconds
 * @throws Error for any status but 200
 */
export function readPage(
  open: (address: string, port: number, signal: AbortSignal) => Promise<Duplex>,
  url: string,
  limit: number,
): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url);
  return within(limit, async ({ signal, phase }) => {
    phase(`connecting to ${hostname}:${port} through the bastion`);
    const stream = await open(hostname, Number(port || 80), signal);
    phase(`reading ${url} through the bastion`);
    const { status, body } = await ask(stream, { method: "GET", path: pathname + search }, signal);
    if (status !== 200) throw new Error(`${url}: HTTP ${status}`);
    return body;
  });
}

/** The authority to trust, and the client certificate to present. */
export interface TlsIdentity {
  /** CA certificate, PEM. */
  readonly ca: string;
  readonly client: ClientCertificate;
}

/**
 * Mutual TLS over an open connection.
 *
 * @param names one of these names or addresses has to be in the server's certificate
 */
export function secure(
  stream: Duplex,
  { ca, client: { cert, key } }: TlsIdentity,
  names: readonly string[],
): Promise<TLSSocket> {
  const socket = connectTls({
    ...{ socket: stream, ca, cert, key, minVersion: "TLSv1.2" },
    checkServerIdentity: (_, certificate) => {
      const errors = names.map((name) => checkServerIdentity(name, certificate));
      return errors.includes(undefined) ? undefined : errors[0];
    },
  });
  return handshake(socket, stream);
}

/** The certificate that a server presents, DER, valid or not. Nothing is sent, and the connection ends. */
export async function shown(stream: Duplex, { cert, key }: ClientCertificate, servername: string): Promise<Buffer> {
  const named = isIP(servername) === 0 ? { servername } : {};
  // Expired certificates are what this looks for; nothing else is read from the server.
  const socket = connectTls({ socket: stream, cert, key, ...named, rejectUnauthorized: false });
  try {
    const certificate = (await handshake(socket, stream)).getPeerX509Certificate();
    if (certificate === undefined) throw new Error("TLS: the server presents no certificate");
    return certificate.raw;
  } finally {
    stream.destroy();
  }
}

function handshake(socket: TLSSocket, stream: Duplex): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", () => {
      resolve(socket);
    });
    socket.on("error", (error: Error) => {
      stream.destroy();
      reject(new Error(`TLS: ${error.message}`));
    });
    socket.once("close", () => {
      reject(new Error("TLS: the connection was closed during the handshake"));
    });
  });
}

/** Opens a TCP connection from this workstation. */
export function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    signal.addEventListener("abort", () => socket.destroy());
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.on("error", (error: Error) => {
      reject(new Error(`${host}:${port}: ${error.message}`));
    });
  });
}
