import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { DEFAULT_ENGINE, ENGINE_VERSIONS, ENGINES, type EngineVersion } from "../../../config/platforms/local/engines";
import type { Image } from "../../images";

export type { EngineVersion };

const ROOT = path.join(__dirname, "..", "..", "..");

/** Folder of the host image. */
const IMAGE_FOLDER = path.join(ROOT, "image");

/** Folder for building third-party images that can't be pulled. */
export const PROGRAMS_FOLDER = path.join(ROOT, "offline", "images");

/**
 * Reference of the host image with that Docker engine. Its tag has a digest of the folder it is built from, so that an
 * image is never older than its recipe.
 */
export function hostImage(engine: EngineVersion = DEFAULT_ENGINE, folder: string = IMAGE_FOLDER): string {
  return `swarm-ha/host:${engine}-${digestOf(folder)}`;
}

/** The Docker engine of a host image by its name; undefined for an image of the user's own. */
export function engineOf(image: string): EngineVersion | undefined {
  return ENGINE_VERSIONS.find((version) => image.startsWith(`swarm-ha/host:${version}-`));
}

/** How the host image with that Docker engine is built: its name, its folder and the arguments of the build. */
export function hostImageBuild(engine: EngineVersion = DEFAULT_ENGINE) {
  const buildArguments = { ENGINE_VERSION: engine, ENGINE_RELEASE: ENGINES[engine] };
  return { name: hostImage(engine), folder: IMAGE_FOLDER, arguments: buildArguments };
}

/**
 * A registry that can't exist (RFC 2606). A Docker engine looks up a service's image in its registry before it uses the one
 * that it has. Without this, it would ask a public registry, where anybody could own the name.
 */
const NOWHERE = "swarm-ha.invalid";

/**
 * Name of a third-party image on this workstation's Docker engine, pulled or built. It depends only on the
 * version and the recipe, so the program needs no Docker engine to find it, and a stack changes only with them.
 */
export function localImage(image: Image, folder: string = PROGRAMS_FOLDER): string {
  const digest = createHash("sha256").update(JSON.stringify(image));
  for (const part of ["base", image.name]) {
    for (const file of files(path.join(folder, part))) add(digest, folder, file);
  }
  return `${NOWHERE}/swarm-ha/${image.name}:${image.version}-${short(digest)}`;
}

/** Base image of those images. */
export function programsBase(folder: string = PROGRAMS_FOLDER): string {
  return `swarm-ha/base:${digestOf(path.join(folder, "base"))}`;
}

function digestOf(folder: string): string {
  const digest = createHash("sha256");
  for (const file of files(folder)) add(digest, folder, file);
  return short(digest);
}

function add(digest: Hash, folder: string, file: string): void {
  digest
    .update(`${path.relative(folder, file)}\0`)
    .update(readFileSync(file))
    .update("\0");
}

function short(digest: Hash): string {
  return digest.digest("hex").slice(0, 12);
}

function files(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const file = path.join(folder, entry);
      return statSync(file).isDirectory() ? files(file) : [file];
    });
}
