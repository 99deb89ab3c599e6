/** The engine built from its Go module, for machines that can't download the official one. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cachePath, root } from "../paths";
import { command, findProgram } from "../setup/command";
import { SetupError } from "../setup/errors";
import { withLock } from "../setup/lock";
import type { Progress } from "../setup/progress";
import { ENGINE_VERSION, noEngine, versionOf } from "./version";

/** The oldest Go that the engine's module accepts; a Go from 1.21 on fetches a later one itself. */
const OLDEST_GO = [1, 21] as const;
/** Milliseconds for a build. On 2 cores it takes 4 minutes, and a busy machine is not a broken one. */
const BUILD_LIMIT = 45 * 60_000;

const folder = (): string => cachePath("engine", ENGINE_VERSION);
const binary = (): string => join(folder(), "pulumi");
const stamp = (): string => join(folder(), "stamp.json");

/** The engine in the cache, unless it is missing, or not as it was when it was last seen to run. */
export function cachedEngine(): string | undefined {
  try {
    return readFileSync(stamp(), "utf8") === fingerprint(binary()) ? binary() : undefined;
  } catch {
    return undefined;
  }
}

/** A file's size and time: a cut off or replaced binary has others. */
function fingerprint(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return JSON.stringify({ version: ENGINE_VERSION, size, mtimeMs });
}

/**
 * The built engine, from the cache or made now. Several runs at once build it only once.
 *
 * @throws SetupError when there is no Go, or the build fails
 */
export async function ensureBuiltEngine(progress: Progress): Promise<string> {
  const cached = cachedEngine();
  if (cached !== undefined) return cached;
  const waiting = (pid: number): void => {
    progress.info(`Waiting for the run that is building the Pulumi engine (process ${pid}) …`);
  };
  await withLock(cachePath("engine", `${ENGINE_VERSION}.lock`), () => makeSure(progress), waiting);
  return binary();
}

async function makeSure(progress: Progress): Promise<void> {
  if (cachedEngine() !== undefined) return;
  // A binary without its stamp may still be a whole one: running it tells.
  if ((await versionOf(binary())) !== ENGINE_VERSION) await build(progress);
  writeFileSync(`${stamp()}.new`, fingerprint(binary()));
  renameSync(`${stamp()}.new`, stamp());
}

async function build(progress: Progress): Promise<void> {
  const go = findGo();
  const work = mkdtempSync(join(tmpdir(), "swarm-ha-engine-"));
  try {
    // The module that wraps the engine: its lists pin every module of the build by version and checksum.
    for (const name of ["go.mod", "go.sum"]) copyFileSync(join(root, "offline", "engine", name), join(work, name));
    copyFileSync(join(root, "offline", "engine", "tools.go.txt"), join(work, "tools.go"));
    const output = join(work, "pulumi");
    const ldflags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`;
    const source = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
    progress.info(
      `No Pulumi on PATH: the offline kit is used. To have the official one instead, install it and run this again.`,
    );
    await progress.step(`Building the Pulumi engine ${ENGINE_VERSION} from its Go module`, "4 minutes", (note) =>
      command(
        go,
        [
          "build",
          "-C",
          work,
          "-v", // Names each package as it is compiled: a sign of life.
          "-mod=readonly",
          "-trimpath",
          "-buildvcs=false",
          "-ldflags",
          ldflags,
          "-o",
          output,
          source,
        ],
        {
          timeout: BUILD_LIMIT,
          env: { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", ...goFolders() },
          onLine: note,
        },
      ),
    );
    const version = await versionOf(output);
    if (version !== ENGINE_VERSION)
      throw new SetupError(
        `The engine was built, but it says its version is ${version ?? "nothing"}, not ${ENGINE_VERSION}.`,
      );
    mkdirSync(folder(), { recursive: true });
    const arriving = `${binary()}.${process.pid}`;
    copyFileSync(output, arriving); // The temporary directory may be on another file system.
    renameSync(arriving, binary());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Where Go keeps what it fetches and compiles: without a HOME (services, CI) it knows of no place, and fails. */
export function goFolders(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if ((env["HOME"] ?? "") !== "") return {};
  return { GOCACHE: env["GOCACHE"] ?? cachePath("go", "build"), GOPATH: env["GOPATH"] ?? cachePath("go", "path") };
}

function findGo(): string {
  const go = findProgram("go");
  if (go === undefined) throw noEngine("no Go to build its engine with either");
  const version = execFileSync(go, ["env", "GOVERSION"], {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, ...goFolders() },
  }).trim();
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const [least, leastMinor] = OLDEST_GO;
  if (Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor)) return go;
  throw noEngine(`${go} is too old to build its engine (${version}; Go ${least}.${leastMinor} or later is needed)`);
}

/** Forgets the built engine, e.g. because it turned out not to run; the next {@link ensureBuiltEngine} makes it anew. */
export function discardBuiltEngine(): void {
  rmSync(dirname(binary()), { recursive: true, force: true });
}
