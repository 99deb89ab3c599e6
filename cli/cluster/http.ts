import { request } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../components/outputs";

/** Answer of an HTTP server. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What to ask. */
export interface HttpQuestion {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** Sent as JSON. @default nothing is sent */
  readonly body?: unknown;
}

/** Asks one question over a connection that is already there, and closes it. */
export function ask(stream: Duplex, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  const payload = question.body === undefined ? undefined : JSON.stringify(question.body);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        method: question.method,
        path: question.path,
        host: "manager",
        headers: {
          connection: "close",
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
        },
        // Any duplex stream will do: a channel of the bastion, or TLS over one.
        createConnection: () => stream,
        signal,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.on("end", () => {
          stream.destroy();
          resolve({ status: response.statusCode ?? 0, body });
        });
        response.on("error", reject);
      },
    );
    asked.on("error", (error) => {
      stream.destroy();
      reject(error);
    });
    asked.end(payload);
  });
}

/** Whom to trust and as whom to come. */
export interface TlsIdentity {
  /** CA certificate, PEM. */
  readonly ca: string;
  readonly client: ClientCertificate;
}

/**
 * TLS with client certificate over a connection that is already there.
 *
 * @param names who may answer: one of these names or addresses has to stand in the server's certificate
 */
export function secure(stream: Duplex, identity: TlsIdentity, names: readonly string[]): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: stream,
      ca: identity.ca,
      cert: identity.client.cert,
      key: identity.client.key,
      minVersion: "TLSv1.2",
      checkServerIdentity: (_, certificate) => {
        const errors = names.map((name) => checkServerIdentity(name, certificate));
        return errors.includes(undefined) ? undefined : errors[0];
      },
    });
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

/** The certificate that a server shows, DER, whether it is good or not; nothing is said to it, and the connection ends. */
export function shown(stream: Duplex, client: ClientCertificate, servername: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const named = isIP(servername) === 0 ? { servername } : {};
    const { cert, key } = client;
    // Looking at a certificate that has ended is the very purpose; nothing is read from who shows it.
    const socket = connectTls({ socket: stream, cert, key, ...named, rejectUnauthorized: false });
    const end = (): void => void stream.destroy();
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      if (certificate === undefined) reject(new Error("TLS: it shows no certificate"));
      else resolve(certificate.raw);
      end();
    });
    socket.on("error", (error: Error) => {
      reject(new Error(`TLS: ${error.message}`));
      end();
    });
    socket.once("close", () => {
      reject(new Error("TLS: the connection was closed during the handshake"));
    });
  });
}

/** Opens a TCP connection from this machine. */
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
