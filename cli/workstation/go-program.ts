/** Programs built from their Go modules, for workstations that can't download them; kept in the user's cache. */
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
import { join } from "node:path";
import { environmentFor } from "../environment";
import { cachePath } from "../paths";
import { command, findProgram } from "./command";
import { UserError } from "../terminal/errors";
import { withLock } from "./lock.cjs";
import type { Progress } from "../terminal/progress";

/** A program to have. */
export interface GoProgram {
  /** What people call it, with its version: "the Pulumi engine 3.245.0". */
  readonly what: string;
  /** Its place below `<cache>/`: a folder for this version alone. */
  readonly place: readonly string[];
  /** The file's name in it. */
  readonly file: string;
  /** Folder of the module that wraps it: its lists pin every module of the build by version and checksum. */
  readonly wrapper: string;
  /** The package that is built. */
  readonly package: string;
  /** What the linker sets: variable → value. */
  readonly stamp: Readonly<Record<string, string>>;
  /** How long building it usually takes on 2 cores, in words. */
  readonly usually: string;
  /** What a person is told when it has to be built. @default nothing */
  readonly notice?: string;
  /** System and processor that it is for, as Go names them. @default the workstation's */
  readonly target?: { readonly os: string; readonly arch: string };
  /** Says what is wrong with a file; undefined if it is this program, whole. @default what has been built is good */
  readonly check?: (path: string) => Promise<string | undefined>;
  /** The error for a workstation that has no Go, or one that is too old. */
  readonly noGo: (reason: string) => UserError;
}

/** The oldest Go that is good enough; a Go from 1.21 on fetches a later one itself. */
const OLDEST_GO = [1, 21] as const;
/** Milliseconds for a build: minutes on 2 cores, and a busy workstation is not a broken one. */
const BUILD_LIMIT = 45 * 60_000;

const binary = (program: GoProgram): string => join(cachePath(...program.place), program.file);
const stamp = (program: GoProgram): string => join(cachePath(...program.place), "stamp.json");

/** The program in the cache; undefined if it is missing, or has changed since it was last complete. */
export function cachedProgram(program: GoProgram): string | undefined {
  try {
    return readFileSync(stamp(program), "utf8") === fingerprint(program) ? binary(program) : undefined;
  } catch {
    return undefined;
  }
}

/** A file's size and time: a cut off or replaced binary has others. */
function fingerprint(program: GoProgram): string {
  const { size, mtimeMs } = statSync(binary(program));
  return JSON.stringify({ what: program.what, size, mtimeMs });
}

/**
 * The program, from the cache or made now. Several runs at once build it only once.
 *
 * @throws UserError when there is no Go, or the build fails
 */
export async function ensureProgram(program: GoProgram, progress: Progress): Promise<string> {
  const cached = cachedProgram(program);
  if (cached !== undefined) return cached;
  const waiting = (pid: number): void => {
    progress.info(`Waiting for the run that is building ${program.what} (process ${pid}) …`);
  };
  await withLock(`${cachePath(...program.place)}.lock`, () => makeSure(program, progress), waiting);
  return binary(program);
}

async function makeSure(program: GoProgram, progress: Progress): Promise<void> {
  if (cachedProgram(program) !== undefined) return;
  // A binary without its stamp may be complete: run the check where there is one.
  if (program.check === undefined || (await program.check(binary(program))) !== undefined)
    await build(program, progress);
  writeFileSync(`${stamp(program)}.new`, fingerprint(program));
  renameSync(`${stamp(program)}.new`, stamp(program));
}

async function build(program: GoProgram, progress: Progress): Promise<void> {
  const go = findGo(program);
  const work = mkdtempSync(join(tmpdir(), "swarm-ha-go-"));
  try {
    for (const name of ["go.mod", "go.sum"]) copyFileSync(join(program.wrapper, name), join(work, name));
    copyFileSync(join(program.wrapper, "tools.go.txt"), join(work, "tools.go"));
    const output = join(work, program.file);
    if (program.notice !== undefined) progress.info(program.notice);
    await progress.step(`Building ${program.what} from its Go module`, program.usually, (note) =>
      command(go, buildArguments(program, work, output), {
        timeout: BUILD_LIMIT,
        env: { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", ...goFolders(), ...targetOf(program) },
        onLine: note,
      }),
    );
    const wrong = await program.check?.(output);
    if (wrong !== undefined) throw new UserError(`${program.what} was built, but ${wrong}.`);
    mkdirSync(cachePath(...program.place), { recursive: true });
    const arriving = `${binary(program)}.${process.pid}`;
    copyFileSync(output, arriving); // The temporary directory may be on another file system.
    renameSync(arriving, binary(program));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What `go` is called with. */
export function buildArguments(program: GoProgram, work: string, output: string): string[] {
  const variables = Object.entries(program.stamp).map(([name, value]) => `-X ${name}=${value}`);
  return [
    "build",
    "-C",
    work,
    "-v", // Names each package as it is compiled: a sign of life.
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    ["-s -w", ...variables].join(" "),
    "-o",
    output,
    program.package,
  ];
}

function targetOf({ target }: GoProgram): Record<string, string> {
  return target === undefined ? {} : { GOOS: target.os, GOARCH: target.arch };
}

/** Where Go keeps what it fetches and compiles: without a HOME (services, CI) it has no default, and fails. */
function goFolders(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  if ((env["HOME"] ?? "") !== "") return {};
  return { GOCACHE: env["GOCACHE"] ?? cachePath("go", "build"), GOPATH: env["GOPATH"] ?? cachePath("go", "path") };
}

function findGo(program: GoProgram): string {
  const go = findProgram("go");
  if (go === undefined) throw program.noGo("there is no Go to build it with");
  const version = execFileSync(go, ["env", "GOVERSION"], {
    encoding: "utf8",
    timeout: 60_000,
    env: { ...environmentFor("program"), ...goFolders() },
  }).trim();
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const [least, leastMinor] = OLDEST_GO;
  if (Number(major) > least || (Number(major) === least && Number(minor) >= leastMinor)) return go;
  throw program.noGo(`${go} is too old to build it (${version}; Go ${least}.${leastMinor} or later is needed)`);
}

/** Forgets a built program, e.g. because it turned out not to run; the next {@link ensureProgram} builds it again. */
export function discardProgram(program: GoProgram): void {
  rmSync(cachePath(...program.place), { recursive: true, force: true });
}
