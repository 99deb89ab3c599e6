/** S3 as a real server: moto's, from PyPI. The world decides who may call; what it lets pass is forwarded there. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cachePath } from "../../../tools/paths";
import { command } from "../../../tools/setup/command";
import { withLock } from "../../../tools/setup/lock";
import { until } from "../../support/run";
import type { ObjectStore } from "../world/object-store";
import { forward } from "./endpoints/forward";

/** Version of moto, exactly. */
const MOTO = "5.2.5";

/** Seconds until the server has to answer. It loads slowly on a busy machine. */
const LIMIT = 120;

/** The world's S3 server, which stops when it is told to. */
export interface RunningObjectStore extends ObjectStore {
  stop(): Promise<void>;
}

/** Starts an S3 server of its own, empty. */
export async function startObjectStore(): Promise<RunningObjectStore> {
  const python = await ensureMoto();
  const { port, server } = await startServer(python);
  const ask = (method: string, path: string): Promise<string> => good(port, method, path);
  const isEmpty = async (name: string): Promise<boolean> => entries(await ask("GET", `/${name}?versions`)).length === 0;
  return {
    forward: (incoming, response, bucket) => {
      const path = `/${bucket}${incoming.url ?? "/"}`;
      forward(incoming, response, { port, path, host: HOST });
    },
    createBucket: async (name) => {
      await ask("PUT", `/${name}`);
    },
    // moto refuses a bucket that isn't empty, as S3 does.
    deleteBucket: async (name) => {
      await ask("DELETE", `/${name}`);
    },
    isEmpty,
    empty: async (name) => {
      for (let page = 0; page < MOST_PAGES && !(await isEmpty(name)); page++) {
        for (const { key, version } of entries(await ask("GET", `/${name}?versions`))) {
          const path = key.split("/").map(encodeURIComponent).join("/");
          await ask("DELETE", `/${name}/${path}?versionId=${encodeURIComponent(version)}`);
        }
      }
    },
    stop: async () => {
      if (server.exitCode !== null) return;
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
    },
  };
}

/** What moto takes for a call to S3. */
const HOST = "s3.amazonaws.com";

/** Who calls without a signature may read nothing, as with S3. moto doesn't check it: the world has. */
const SIGNED =
  "AWS4-HMAC-SHA256 Credential=moto/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=unchecked";

/** Pages of a thousand entries that a bucket may have. */
const MOST_PAGES = 100;

/** All versions and delete markers that a list names. */
function entries(list: string): { readonly key: string; readonly version: string }[] {
  return [...list.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, , text = ""]) => ({
    key: plain(/<Key>(.*?)<\/Key>/s.exec(text)?.[1] ?? ""),
    version: /<VersionId>(.*?)<\/VersionId>/s.exec(text)?.[1] ?? "null",
  }));
}

function plain(xml: string): string {
  return xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

async function good(port: number, method: string, path: string): Promise<string> {
  const asked = request({
    host: "127.0.0.1",
    port,
    method,
    path,
    agent: false,
    headers: { Host: HOST, Authorization: SIGNED },
  });
  asked.setTimeout(30_000, () => asked.destroy(new Error("no answer within 30 s")));
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const body = await text(response);
  const status = response.statusCode ?? 0;
  if (status >= 300) throw new Error(`moto answered ${method} ${path} with HTTP ${String(status)}: ${body}`);
  return body;
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
    await command(python, ["-m", "pip", "install", "--quiet", "--no-compile", `moto[server,s3]==${MOTO}`], {
      timeout: 600_000,
    });
    mkdirSync(`${done}.new`, { recursive: true });
    renameSync(`${done}.new`, done);
  });
  return python;
}
