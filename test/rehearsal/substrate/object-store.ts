/** S3 as a real server: moto's, from PyPI. The world decides who may call; what it lets pass is forwarded there. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cachePath } from "../../../cli/paths";
import { command } from "../../../cli/workstation/command";
import { withLock } from "../../../cli/workstation/lock.cjs";
import { until } from "../../support/run";
import type { ObjectStore } from "../world/object-store";
import { objectsOf } from "../world/s3-server";
import { forward } from "./endpoints/forward";

/** Version of moto, exactly. */
const MOTO = "5.2.5";

/** Seconds until the server must answer. It loads slowly on a busy workstation. */
const LIMIT = 120;

/** The world's S3 server, which stops when it is told to. */
export interface RunningObjectStore extends ObjectStore {
  stop(): Promise<void>;
}

/** What moto takes for a call to S3. */
const HOST = "s3.amazonaws.com";

/** Starts an S3 server of its own, empty. */
export async function startObjectStore(): Promise<RunningObjectStore> {
  const python = await ensureMoto();
  const { port, server } = await startServer(python);
  const objects = objectsOf({
    port,
    forward: (incoming, response, bucket) => {
      forward(incoming, response, { port, path: `/${bucket}${incoming.url ?? "/"}`, host: HOST });
    },
  });
  return {
    ...objects,
    stop: async () => {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
}

async function startServer(python: string): Promise<{ port: number; server: ChildProcess }> {
  // It ends with its standard input, so also when this process is killed.
  const program = [
    "import os, sys, threading",
    "threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()",
    "from moto.server import main",
    "main(sys.argv[1:])",
  ].join("\n");
  // Port 0: a free one, which it prints.
  const server = spawn(python, ["-u", "-c", program, "-H", "127.0.0.1", "-p", "0"], {
    stdio: ["pipe", "pipe", "pipe"],
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
    await command(python, ["-m", "pip", "install", "--quiet", "--no-compile", `moto[server,s3]==${MOTO}`], {
      timeout: 600_000,
    });
    mkdirSync(`${done}.new`, { recursive: true });
    renameSync(`${done}.new`, done);
  });
  return python;
}
