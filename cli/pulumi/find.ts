/** Which Pulumi engine a run uses. */
import { findProgram } from "../workstation/command";
import { canDownload, PULUMI_HOST } from "../workstation/downloads";
import { createProgress, type Progress } from "../terminal/progress";
import { cachedEngine, ensureBuiltEngine } from "./build";
import { downloadEngine, downloadedEngine } from "./download";
import type { Engine } from "./engine";
import { prepareKit } from "./kit";
import { ENGINE_VERSION, OLDEST, recentEnough, versionOf } from "./version";

/** What a search depends on; everything has a default. */
export interface FindOptions {
  /** Where progress goes. @default stderr */
  readonly progress?: Progress;
}

let found: Promise<Engine> | undefined;

/**
 * The Pulumi engine for this run: `pulumi` on PATH where it is recent enough; else one of our own cache; else the official
 * download, where it can be had; else one built from its Go module. Looked for once per process.
 *
 * @throws UserError with the line that installs Pulumi, when there is none and none can be made
 */
export function findEngine(options: FindOptions = {}): Promise<Engine> {
  found ??= search(options).catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/**
 * The official Pulumi on this workstation, if there is one: on PATH, else one that was downloaded before. Nothing is
 * downloaded or built.
 */
export async function installedEngine(progress: Progress = createProgress()): Promise<Engine | undefined> {
  if (isKitAskedFor()) return undefined;
  return (await onPath(progress)) ?? downloadedEngine();
}

/** The kit's Pulumi engine. @throws UserError when it can't be built */
export async function kitEngine(progress: Progress = createProgress()): Promise<Engine> {
  const kit = await prepareKit(await ensureBuiltEngine(progress));
  return { path: kit.engine, version: ENGINE_VERSION, kind: "kit", home: kit.home };
}

function isKitAskedFor(): boolean {
  return process.env["SWARM_HA_ENGINE"] === "kit";
}

async function search(options: FindOptions): Promise<Engine> {
  const progress = options.progress ?? createProgress();
  if (isKitAskedFor()) return kitEngine(progress);
  const official = await installedEngine(progress);
  if (official !== undefined) return official;
  if (cachedEngine() === undefined && (await canDownload(PULUMI_HOST))) {
    const downloaded = await downloadEngine(progress);
    if (downloaded !== undefined) return downloaded;
  }
  return kitEngine(progress);
}

/** `pulumi` of PATH, if it is recent enough. */
async function onPath(progress: Progress): Promise<Engine | undefined> {
  const path = findProgram("pulumi");
  if (path === undefined) return undefined;
  const version = await versionOf(path);
  if (version !== undefined && recentEnough(version)) return { path, version, kind: "official" };
  progress.info(
    version === undefined
      ? `${path} doesn't tell its version, so it isn't used.`
      : `${path} is ${version}; this needs ${OLDEST} or later, so it isn't used.`,
  );
  return undefined;
}
