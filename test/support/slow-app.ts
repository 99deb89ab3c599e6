/** A service of Node and `slow-app/server.mjs`, and clients of it that take their time, through the ingress. */
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../cli/paths";
import { succeed, until } from "./run";
import type { TestStack } from "./test-stack";

/** The image, in the Docker engines of the hosts that the service is created on. */
export const IMAGE = "swarm-ha/test-slow-app:1";
const SERVICE = "test-slow";
/** Its names below `app.<domain>`: HTTP/1.1, and HTTP/2 without TLS. */
const NAMES = { web: "slow", grpc: "slow-grpc" } as const;

/**
 * Node of this workstation, its libraries and the server as an image, straight into a host's Docker engine: no registry, no build.
 * Arguments: the host's container.
 */
const LOAD = `set -euo pipefail
node=$(readlink -f "$NODE")
tar -chP --transform 's|.*/server.mjs$|/server.mjs|;s|.*/node$|/node|' "$node" $(ldd "$node" | grep -o '/[^ ]*') "$SERVER" |
  docker exec -i "$1" docker import --change 'CMD ["/node", "/server.mjs"]' - ${IMAGE} >/dev/null`;

/** Where the ingress is. */
export interface Ingress {
  /** `app.<domain>`. */
  readonly domain: string;
  readonly port: number;
  readonly ca: string;
}

/** A request, as far as it isn't like all others. */
interface Call extends Pick<RequestOptions, "method" | "path"> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** See the top of this file. */
export class SlowApp {
  private created = false;

  public constructor(
    private readonly stack: TestStack,
    private readonly ingress: Ingress,
  ) {}

  /** Makes the service, one replica on each of the hosts, with further labels. */
  public async create(hosts: readonly string[], labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const env = { ...process.env, NODE: process.execPath, SERVER: join(root, "test/support/slow-app/server.mjs") };
    for (const host of hosts)
      await succeed("bash", ["-c", LOAD, "bash", this.stack.container(host)], { limit: 300, env });
    this.created = true;
    const own = {
      "traefik.enable": "true",
      ...Object.fromEntries(
        Object.entries(NAMES).flatMap(([kind, name]) => [
          [`traefik.http.routers.${name}.rule`, `Host(\`${name}.${this.ingress.domain}\`)`],
          [`traefik.http.routers.${name}.service`, name],
          [`traefik.http.services.${name}.loadbalancer.server.port`, kind === "web" ? "8080" : "8081"],
        ]),
      ),
      [`traefik.http.services.${NAMES.grpc}.loadbalancer.server.scheme`]: "h2c",
      ...labels,
    };
    const options = [
      ...["--name", SERVICE, "--quiet", "--no-resolve-image", "--network", "apps", "--replicas", String(hosts.length)],
      ...["--replicas-max-per-node", "1", "--stop-grace-period", "2s"],
      // Not on others, which don't have the image.
      ...["worker-1", "worker-2", "worker-3"].flatMap((host) =>
        hosts.includes(host) ? [] : ["--constraint", `node.hostname!=${host}`],
      ),
      ...["--constraint", "node.labels.swarm-ha.role==worker"],
      ...Object.entries(own).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ];
    await this.stack.onManager(["docker", "service", "create", ...options, IMAGE], 90);
    await until("the ingress to know the service", 30, async () => {
      await Promise.all([this.who(), this.whoByHttp2()]);
      return undefined;
    });
  }

  public async remove(): Promise<void> {
    if (!this.created) return;
    this.created = false;
    await this.stack.onManager(["docker", "service", "rm", SERVICE]);
  }

  /** A cookie that leads to the replica on that host. */
  public async cookieOf(host: string): Promise<string> {
    const containers = (await this.stack.exec(host, ["docker", "ps", "-q", "--no-trunc"])).trim().split("\n");
    let cookie = "";
    await until(`an answer of the replica on ${host}`, 20, async () => {
      const one = await this.who();
      cookie = one.cookie;
      return containers.some((id) => id.startsWith(one.task)) ? undefined : one.task;
    });
    return cookie;
  }

  /** Which task answers, and the cookie that it sets. @throws Error when it isn't a 200 within the limit, in seconds */
  public async who(headers: Record<string, string> = {}, limit = 10): Promise<{ task: string; cookie: string }> {
    const { body, cookie } = await this.send({ path: "/", headers }, () => undefined, limit);
    return { task: body, cookie };
  }

  /** The same over HTTP/2, all the way. */
  public async whoByHttp2(limit = 10): Promise<string> {
    const task = await this.stream(NAMES.grpc, "/", limit, async (stream) => {
      stream.end();
      return await read(stream);
    });
    // A stream that is reset without an error ends so.
    if (task === "") throw new Error("an empty answer");
    return task;
  }

  /** One byte each second, and the answer has to count them. HTTP/1.1, its length given or not. */
  public async upload(seconds: number, chunked: boolean): Promise<void> {
    const headers = chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(seconds) };
    const { body } = await this.send(
      { method: "POST", path: "/upload", headers },
      async (write) => {
        for (let i = 0; i < seconds; i++) {
          await write("x");
          await sleep(1000);
        }
      },
      seconds + 30,
    );
    if (body !== String(seconds)) throw new Error(`${body} bytes have come, and not ${String(seconds)}`);
  }

  /** As much as that, as fast as it goes. */
  public async uploadMany(bytes: number, limit: number): Promise<void> {
    const part = Buffer.alloc(1 << 20);
    const { body } = await this.send(
      { method: "POST", path: "/upload", headers: { "content-length": String(bytes) } },
      async (write) => {
        for (let sent = 0; sent < bytes; sent += part.length) await write(part.subarray(0, bytes - sent));
      },
      limit,
    );
    if (body !== String(bytes)) throw new Error(`${body} bytes have come, and not ${String(bytes)}`);
  }

  /** The same over HTTP/2, up to the ingress. */
  public async uploadByHttp2(seconds: number): Promise<void> {
    const body = await this.stream(NAMES.web, "/upload", seconds + 30, async (stream) => {
      for (let i = 0; i < seconds; i++) {
        stream.write("x");
        await sleep(1000);
      }
      stream.end();
      return await read(stream);
    });
    if (body !== String(seconds)) throw new Error(`${body} bytes have come, and not ${String(seconds)}`);
  }

  /** A message each `pause` seconds on a stream like gRPC's, and each has to come back. */
  public async exchange(seconds: number, pause: number): Promise<void> {
    const messages = Array.from({ length: Math.floor(seconds / pause) + 1 }, (_, i) => `message ${String(i)}\n`);
    const body = await this.stream(NAMES.grpc, "/exchange", seconds + 30, async (stream) => {
      const answer = read(stream);
      for (const [i, message] of messages.entries()) {
        if (i > 0) await sleep(pause * 1000);
        stream.write(message);
      }
      stream.end();
      return await answer;
    });
    if (body !== messages.join("")) throw new Error(`what came back is ${body}`);
  }

  /** Server-sent events, one each second. */
  public events(seconds: number): Promise<void> {
    return this.open({ path: "/events" }, seconds + 30, (call, done) => {
      call.on("response", (response) => {
        let ticks = 0;
        response.on("error", done);
        response.on("close", () => {
          done(new Error(`cut after ${String(ticks)} events`));
        });
        response.on("data", (part: Buffer) => {
          ticks += part.toString().split("tick").length - 1;
          if (ticks >= seconds) done();
        });
      });
      call.end();
    });
  }

  /** A WebSocket on which nothing is said for so long, and then something is. */
  public webSocket(seconds: number): Promise<void> {
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    return this.open({ path: "/", headers }, seconds + 30, (call, done) => {
      call.on("response", ({ statusCode }) => {
        done(new Error(`no WebSocket, but ${String(statusCode)}`));
      });
      call.on("upgrade", (_response, socket) => {
        socket.on("error", done);
        socket.on("close", () => {
          done(new Error("the WebSocket was cut"));
        });
        socket.on("data", () => {
          done();
          socket.destroy();
        });
        setTimeout(() => socket.write("still there?"), seconds * 1000);
      });
      call.end();
    });
  }

  /** Whether so many bytes of headers come through. */
  public async headers(bytes: number): Promise<void> {
    const headers = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x-${String(i)}`, "x".repeat(bytes / 8)]));
    const { body } = await this.send({ path: "/headers", headers }, () => undefined, 10);
    if (Number(body) < bytes) throw new Error(`${body} bytes of headers have come`);
  }

  private send(
    options: Call,
    give: (write: (part: string | Buffer) => Promise<void>) => Promise<void> | void,
    limit: number,
  ): Promise<{ body: string; cookie: string }> {
    let answer = { body: "", cookie: "" };
    return this.open(options, limit, (call, done) => {
      call.on("response", (response) => {
        const cookie = (response.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
        read(response).then((body) => {
          answer = { body, cookie };
          done(
            response.statusCode === 200 ? undefined : new Error(`HTTP ${String(response.statusCode)} ${body.trim()}`),
          );
        }, done);
      });
      const write = (part: string | Buffer): Promise<void> =>
        new Promise((resolve) => {
          if (call.write(part)) resolve();
          else call.once("drain", resolve);
        });
      Promise.resolve(give(write)).then(() => call.end(), done);
    }).then(() => answer);
  }

  private open(
    options: Call,
    limit: number,
    act: (call: ReturnType<typeof httpsRequest>, done: (error?: Error) => void) => void,
  ): Promise<void> {
    const host = `${NAMES.web}.${this.ingress.domain}`;
    const headers = { host, ...options.headers };
    const call = httpsRequest({
      ...options,
      ...{ host: "127.0.0.1", port: this.ingress.port, servername: host, ca: this.ingress.ca, agent: false, headers },
    });
    return new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
        call.destroy();
      };
      const timer = setTimeout(() => {
        done(new Error(`not done within ${String(limit)} s`));
      }, limit * 1000);
      call.on("error", done);
      act(call, done);
    });
  }

  private async stream<T>(
    name: string,
    path: string,
    limit: number,
    act: (stream: ClientHttp2Stream) => Promise<T>,
  ): Promise<T> {
    const host = `${name}.${this.ingress.domain}`;
    const session: ClientHttp2Session = connect(`https://127.0.0.1:${String(this.ingress.port)}`, {
      servername: host,
      ca: this.ingress.ca,
    });
    const failed = new Promise<never>((_, reject) => {
      session.on("error", reject);
      setTimeout(() => {
        reject(new Error(`not done within ${String(limit)} s`));
      }, limit * 1000).unref();
    });
    try {
      const stream = session.request({
        ...{ ":method": "POST", ":path": path, ":authority": host },
        ...{ "content-type": "application/grpc", te: "trailers" },
      });
      const status = new Promise<never>((_, reject) => {
        stream.on("response", (headers) => {
          if (headers[":status"] !== 200) reject(new Error(`HTTP ${String(headers[":status"])}`));
        });
        stream.on("error", reject);
      });
      return await Promise.race([act(stream), status, failed]);
    } finally {
      session.destroy();
    }
  }
}

async function read(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const part of stream) text += String(part);
  return text;
}
