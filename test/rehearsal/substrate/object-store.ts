/** S3 as a real server: moto's, from PyPI. The world decides who may call; what it lets pass is forwarded there. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { cachePath } from "../../../tools/paths";
import { command } from "../../../tools/setup/command";
import { withLock } from "../../../tools/setup/lock";
import { until } from "../../support/run";
import { forward } from "./endpoints/forward";

/** Version of moto, exactly. */
const MOTO = "5.2.5";

/** Seconds until the server has to answer. It loads slowly on a busy machine. */
const LIMIT = 120;

/** An S3 server that serves. */
export interface ObjectStore {
  /** Where it listens, on loopback. */
  readonly port: number;
  /** Hands on a request for a bucket by its host name (`<bucket>.s3.…`), as the bucket's path. */
  forward(request: IncomingMessage, response: ServerResponse, bucket: string): void;
  /** Makes a bucket, or removes it with all that is in it. */
  createBucket(name: string): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an S3 server of its own, empty. */
export async function startObjectStore(): Promise<ObjectStore> {
  const python = await ensureMoto();
  const { port, server } = await startServer(python);
  const call = async (method: string, path: string): Promise<{ status: number; body: string }> => {
    const asked = request({ host: "127.0.0.1", port, method, path, agent: false, headers: { Host: "s3.amazonaws.com" } });
    asked.setTimeout(30_000, () => asked.destroy(new Error("no answer within 30 s")));
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    let body = "";
    for await (const piece of response) body += String(piece);
    return { status: response.statusCode ?? 0, body };
  };
  const good = async (method: string, path: string): Promise<string> => {
    const { status, body } = await call(method, path);
    if (status >= 300) throw new Error(`moto answered ${method} ${path} with HTTP ${String(status)}: ${body}`);
    return body;
  };
  return {
    port,
    forward: (incoming, response, bucket) => {
      const path = `/${bucket}${incoming.url ?? "/"}`;
      forward(incoming, response, { port, path, host: "s3.amazonaws.com" });
    },
    createBucket: async (name) => {
      await good("PUT", `/${name}`);
    },
    deleteBucket: async (name) => {
      for (;;) {
        const listed = await good("GET", `/${name}?list-type=2`);
        const keys = [...listed.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key);
        if (keys.length === 0) break;
        for (const key of keys) await good("DELETE", `/${name}/${key.split("/").map(encodeURIComponent).join("/")}`);
      }
      await good("DELETE", `/${name}`);
    },
    stop: async () => {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
}

async function startServer(python: string): Promise<{ port: number; server: ChildProcess }> {
  // Port 0: a free one, which it prints.
  const program = "import sys; from moto.server import main; main(sys.argv[1:])";
  const server = spawn(python, ["-u", "-c", program, "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, AWS_ACCESS_KEY_ID: "moto", AWS_SECRET_ACCESS_KEY: "moto" },
  });
  const stop = (): void => {
    server.kill("SIGKILL");
  };
  process.once("exit", stop);
  server.once("exit", () => process.off("exit", stop));
  let said = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      if (said.length < 10_000) said += piece;
    });
  }
  let port = 0;
  await until("moto to serve", LIMIT, () => {
    port = Number(/Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? 0);
    if (server.exitCode !== null) throw new Error(`moto ended: ${said}`);
    return Promise.resolve(port === 0 ? said : undefined);
  });
  return { port, server };
}

/** Python with moto, in the cache. */
async function ensureMoto(): Promise<string> {
  const folder = cachePath("rehearsal", `moto-${MOTO}`);
  const python = join(folder, "bin", "python");
  const done = join(folder, "complete");
  if (existsSync(done)) return python;
  await withLock(cachePath("locks", "rehearsal-moto"), async () => {
    if (existsSync(done)) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(cachePath("rehearsal"), { recursive: true });
    await command("python3", ["-m", "venv", folder], { timeout: 120_000 });
    await command(python, ["-m", "pip", "install", "--quiet", `moto[server,s3]==${MOTO}`], { timeout: 600_000 });
    mkdirSync(`${done}.new`, { recursive: true });
    renameSync(`${done}.new`, done);
  });
  return python;
}
