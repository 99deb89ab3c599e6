/** The official download. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachePath } from "../paths";
import { command } from "../workstation/command";
import { PULUMI_HOST } from "../workstation/downloads";
import type { Progress } from "../terminal/progress";
import type { Engine } from "./engine";
import { ENGINE_VERSION } from "./version";

/** Milliseconds until the first answer, and until the download must be complete. */
const FIRST_ANSWER = 5000;
const WHOLE = 5 * 60_000;

const folder = (): string => cachePath("official", ENGINE_VERSION);
const binary = (): string => join(folder(), "pulumi", "pulumi");

/** The official Pulumi engine that an earlier run downloaded. */
export function downloadedEngine(): Engine | undefined {
  if (!existsSync(folder())) return undefined;
  if (!isWhole(folder())) {
    rmSync(folder(), { recursive: true, force: true });
    return undefined;
  }
  return { path: binary(), version: ENGINE_VERSION, kind: "official" };
}

/** Whether the program has the size that was recorded after the download: a full disk or a crash can truncate it. */
function isWhole(where: string): boolean {
  try {
    return readFileSync(join(where, "whole"), "utf8") === statSync(join(where, "pulumi", "pulumi")).size.toString();
  } catch {
    return false;
  }
}

/** Downloads the official Pulumi engine. @returns undefined when that fails; the reason is shown */
export async function downloadEngine(progress: Progress): Promise<Engine | undefined> {
  const system = { linux: "linux", darwin: "darwin" }[process.platform as string];
  const architecture = { x64: "x64", arm64: "arm64" }[process.arch as string];
  if (system === undefined || architecture === undefined) return undefined;
  const url = `https://${PULUMI_HOST}/releases/sdk/pulumi-v${ENGINE_VERSION}-${system}-${architecture}.tar.gz`;
  const work = `${folder()}.${process.pid}`;
  try {
    await progress.step(`Downloading Pulumi ${ENGINE_VERSION}`, "20 s", async (note) => {
      const archive = await fetchWhole(url, note);
      rmSync(work, { recursive: true, force: true });
      mkdirSync(work, { recursive: true });
      writeFileSync(join(work, "pulumi.tar.gz"), archive);
      await command("tar", ["-xzf", join(work, "pulumi.tar.gz"), "-C", work], { timeout: WHOLE });
      rmSync(join(work, "pulumi.tar.gz"));
      if (!existsSync(join(work, "pulumi", "pulumi"))) throw new Error("the archive has no pulumi in it");
      writeFileSync(join(work, "whole"), statSync(join(work, "pulumi", "pulumi")).size.toString());
      mkdirSync(dirname(folder()), { recursive: true });
      rmSync(folder(), { recursive: true, force: true });
      renameSync(work, folder());
    });
    return downloadedEngine();
  } catch (error) {
    progress.info(
      `The official Pulumi can't be downloaded here (${error instanceof Error ? error.message : String(error)}).`,
    );
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Node's own `fetch` uses no proxies; undici's agent takes them from HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
async function fetchWhole(url: string, note: (text: string) => void): Promise<Buffer> {
  const undici = await import("undici");
  const dispatcher = new undici.EnvHttpProxyAgent();
  const giveUp = new AbortController();
  let timer = setTimeout(() => {
    giveUp.abort(new Error(`no answer from ${new URL(url).host} within ${FIRST_ANSWER / 1000} s`));
  }, FIRST_ANSWER);
  try {
    const response = await undici.fetch(url, { signal: giveUp.signal, dispatcher });
    if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    clearTimeout(timer);
    timer = setTimeout(() => {
      giveUp.abort(new Error(`not done within ${WHOLE / 60_000} minutes`));
    }, WHOLE);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      parts.push(part);
      size += part.length;
      note(`${Math.round(size / 1e6)} MB`);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
    // What is still open must not keep this process.
    void dispatcher.destroy();
  }
}
