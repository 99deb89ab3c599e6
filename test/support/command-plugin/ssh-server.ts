/** An SSH server that does on each of its connections what a script says, and notes what it saw. */
import { generateKeyPairSync } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { Server, type Connection, type ServerChannel, type Session } from "ssh2";
import { openSshPrivateKey, openSshPublicKey } from "../../../offline/lib/openssh";

/**
 * What becomes of a connection: it is served; served with another host key; closed at once; taken and left in
 * silence; or served to nobody, because the client's key isn't known.
 */
export type Deed = "serve" | "other key" | "close" | "silence" | "refuse client";

/** What the server answers to a command. */
export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Exit code; a text is a signal's name; undefined cuts the connection off. */
  readonly exit?: number | string;
}

/** What was seen on one connection. */
export type Seen = string[];

/** See the top of this file. */
export class SshServer {
  /** What was seen, by connection. */
  public readonly seen: Seen[] = [];
  private readonly sockets = new Set<Socket>();
  private replies = 0;
  private readonly key = generateKeyPairSync("ed25519").privateKey;

  private constructor(
    private readonly tcp: TcpServer,
    private readonly deeds: readonly Deed[],
    private readonly answers: readonly Answer[],
  ) {}

  /**
   * @param deeds by connection, the last one for all that follow; none: nobody listens on its port
   * @param answer the answer to each command, or answers by command, the last one for all that follow
   */
  public static async start(deeds: readonly Deed[], answer: Answer | readonly Answer[] = {}): Promise<SshServer> {
    const tcp = createServer();
    const server = new SshServer(tcp, deeds, [answer].flat());
    tcp.on("connection", (socket) => {
      server.accept(socket);
    });
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    server.port = (tcp.address() as AddressInfo).port;
    if (deeds.length === 0) await new Promise((resolve) => tcp.close(resolve));
    return server;
  }

  public port = 0;

  /** Its host key, as clients pin it. */
  public get hostKey(): string {
    return openSshPublicKey(this.key).trim();
  }

  /** Connections that are open. */
  public get open(): number {
    return this.sockets.size;
  }

  public stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.tcp.close();
  }

  private accept(socket: Socket): void {
    const seen: Seen = [];
    const deed = this.deeds[Math.min(this.seen.length, this.deeds.length - 1)] ?? "close";
    this.seen.push(seen);
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.sockets.delete(socket));
    if (deed === "close") socket.resume().end();
    if (deed === "serve" || deed === "other key" || deed === "refuse client") this.serve(socket, deed, seen);
    if (deed === "silence") socket.resume();
  }

  private serve(socket: Socket, deed: Deed, seen: Seen): void {
    const key = deed === "other key" ? generateKeyPairSync("ed25519").privateKey : this.key;
    const ssh = new Server({ hostKeys: [openSshPrivateKey(key)], ident: "scripted" });
    ssh.on("connection", (client) => {
      client.on("error", () => undefined);
      client.on("authentication", (request) => {
        if (request.method !== "publickey") request.reject(["publickey"]);
        else if (deed === "refuse client") request.reject(["publickey"]);
        else {
          if (request.signature !== undefined) seen.push(`login of ${request.username}`);
          request.accept();
        }
      });
      client.once("ready", () => {
        this.converse(client, seen);
      });
    });
    ssh.injectSocket(socket);
  }

  private converse(client: Connection, seen: Seen): void {
    client.on("session", (accept) => {
      this.session(accept(), client, seen);
    });
    client.on("tcpip", (accept, reject, { destPort }) => {
      seen.push("forwards");
      const inner = connect({ host: "127.0.0.1", port: destPort });
      inner.once("error", () => {
        reject();
      });
      inner.once("connect", () => {
        inner.removeAllListeners("error");
        inner.on("error", () => undefined);
        const channel = accept();
        channel.on("error", () => undefined);
        channel.pipe(inner).pipe(channel);
        channel.once("close", () => {
          inner.destroy();
        });
      });
    });
  }

  private session(session: Session, client: Connection, seen: Seen): void {
    session.on("env", (accept: (() => void) | undefined, reject: (() => void) | undefined, { key }) => {
      seen.push(`asked to set ${key}`);
      if (key === "REFUSED") reject?.();
      else accept?.();
    });
    session.on("exec", (accept, _reject, { command }) => {
      seen.push(`runs ${command}`);
      const channel = accept();
      const given: Buffer[] = [];
      channel.on("data", (data: Buffer) => given.push(data));
      channel.once("end", () => {
        seen.push(`was given ${JSON.stringify(Buffer.concat(given).toString())}`);
        this.reply(channel, client);
      });
    });
  }

  private reply(channel: ServerChannel, client: Connection): void {
    const { stdout = "", stderr = "", exit } = this.answers[Math.min(this.replies++, this.answers.length - 1)] ?? {};
    channel.write(stdout, () => {
      channel.stderr.write(stderr, () => {
        if (exit === undefined) {
          client.end();
          return;
        }
        if (typeof exit === "number") channel.exit(exit);
        else channel.exit(exit, false, "");
        channel.end();
        channel.close();
      });
    });
  }
}
