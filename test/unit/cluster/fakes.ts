/** A cluster to talk to, without a cluster: an sshd that forwards, and managers' APIs behind mutual TLS, on loopback. */
import "reflect-metadata";
import { webcrypto as crypto } from "node:crypto";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect, createServer as createTcp, type AddressInfo, type Server } from "node:net";
import type { TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { Server as SshServer, utils } from "ssh2";
import { sshKeyPair } from "../../support/ssh-keys";

/** A certificate and its key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

x509.cryptoProvider.set(crypto as never);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const VALID = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 800 * 86_400_000) };

/** An authority that signs what it is asked for. */
export class Authority {
  private serial = 1;

  private constructor(
    private readonly keys: crypto.CryptoKeyPair,
    /** Its own certificate, PEM. */
    public readonly pem: string,
  ) {}

  public static async create(): Promise<Authority> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=test",
      keys,
      serialNumber: "01",
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
      ...VALID,
    });
    return new Authority(keys, certificate.toString("pem"));
  }

  /** @param valid from when until when @default long enough not to be due */
  public async issue(name: string, ips: readonly string[] = [], valid = VALID): Promise<Pair> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const names = [{ type: "dns" as const, value: name }, ...ips.map((value) => ({ type: "ip" as const, value }))];
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: "CN=test",
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      serialNumber: `1${this.serial++}`,
      extensions: [new x509.SubjectAlternativeNameExtension(names)],
      ...valid,
    });
    const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const body = (key.match(/.{1,64}/g) ?? []).join("\n");
    return {
      cert: certificate.toString("pem"),
      key: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    };
  }
}

/** What a fake Docker engine answers. */
export type Answer = (method: string, path: string, body: string) => { status: number; body: unknown } | "never";

/** Everything that was started, to be stopped after the test. */
export class Fakes {
  private readonly closers: (() => void)[] = [];

  /** A Docker engine's API that takes clients of this authority only. @returns its port */
  public engine(authority: Authority, pair: Pair, answer: Answer): Promise<number> {
    const options = { ...pair, ca: authority.pem, requestCert: true, rejectUnauthorized: true };
    return this.listen(createHttps(options, handler(answer)));
  }

  /** A page over plain HTTP. @returns its port */
  public page(answer: Answer): Promise<number> {
    return this.listen(createHttp(handler(answer)));
  }

  /** Takes connections, says nothing. @returns its port */
  public silent(): Promise<number> {
    return this.listen(createTcp((socket) => void socket.on("error", () => undefined)));
  }

  /**
   * A bastion's sshd, which forwards to where `routes` says.
   *
   * @param routes local port by `address:port` inside; 0 for a host that drops packets
   */
  public async bastion(
    routes: ReadonlyMap<string, number>,
  ): Promise<{ port: number; hostKey: string; privateKey: string }> {
    const [host, client] = [sshKeyPair(), sshKeyPair()];
    const allowed = utils.parseKey(client.public);
    const server = new SshServer({ hostKeys: [host.private] }, (connection) => {
      connection.on("error", () => undefined);
      connection.on("authentication", (context) => {
        const good =
          context.method === "publickey" &&
          !(allowed instanceof Error) &&
          context.key.data.equals(allowed.getPublicSSH());
        if (good) context.accept();
        else context.reject(["publickey"]);
      });
      connection.on("tcpip", (accept, reject, info) => {
        const target = routes.get(`${info.destIP}:${info.destPort}`);
        if (target === undefined) {
          reject();
          return;
        }
        if (target === 0) return;
        const socket = connect(target, "127.0.0.1", () => {
          const channel = accept();
          channel.pipe(socket).pipe(channel);
          channel.on("error", () => undefined);
        });
        socket.on("error", () => undefined);
      });
      this.closers.push(() => void connection.end());
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as AddressInfo).port);
      });
    });
    this.closers.push(() => void server.close());
    return { port, hostKey: host.public, privateKey: client.private };
  }

  /** Stops everything. */
  public close(): void {
    for (const close of this.closers.splice(0)) close();
  }

  private listen(server: Server | HttpServer): Promise<number> {
    const sockets = new Set<{ destroy(): unknown }>();
    server.on("connection", (socket: TLSSocket) => void sockets.add(socket));
    server.on("tlsClientError", () => undefined);
    this.closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as AddressInfo).port);
      });
    });
  }
}

function handler(answer: Answer): Parameters<typeof createHttp>[1] & ((...args: never[]) => void) {
  return (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse): void => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const found = answer(request.method ?? "", request.url ?? "", body);
      if (found === "never") return;
      response.writeHead(found.status);
      response.end(typeof found.body === "string" ? found.body : JSON.stringify(found.body));
    });
  };
}
