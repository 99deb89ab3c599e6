/** The images of other people's programs: pulled, or made from their Go modules. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { IMAGES, type Image } from "../../components/images";
import { localImage, PROGRAMS_FOLDER, programsBase } from "../../components/platform/local/image";
import { cachePath } from "../paths";
import { hasImage } from "./docker-client";
import { canDownload, IMAGES_HOST } from "./downloads";
import { UserError } from "../terminal/errors";
import { discardProgram, ensureProgram, type GoProgram } from "./go-program";
import { buildImage, ensureImage } from "./host-image";
import { withLock } from "./lock.cjs";
import { createProgress, type Progress } from "../terminal/progress";
import { pulled } from "./pull";

/** How long a program usually takes to build on 2 cores, its modules' download included. */
const USUALLY: Readonly<Record<keyof typeof IMAGES, string>> = {
  registry: "1 to 2 minutes",
  traefik: "5 to 7 minutes, on a busy workstation 15",
};

/** What all of them are built on. */
const BASE = {
  folder: join(PROGRAMS_FOLDER, "base"),
  what: "the programs' base image",
  usually: "15 to 40 s",
};

/** Milliseconds that a program may take to say its version. */
const VERSION_LIMIT = 30_000;

/**
 * Makes sure that the Docker engine has all images that stacks run. What is there already is used; else they are pulled, where
 * that can be done; else built, from package registries alone.
 *
 * @throws UserError with the remedy
 */
export async function ensureProgramImages(docker: Docker, progress: Progress = createProgress()): Promise<void> {
  // What can't be pulled once won't be a minute later: the next image is built at once.
  let pull: boolean | undefined;
  const mayPull = async (): Promise<boolean> => (pull ??= await canDownload(IMAGES_HOST));
  for (const name of Object.keys(IMAGES) as (keyof typeof IMAGES)[]) {
    const image: Image = IMAGES[name];
    if (await hasImage(docker, localImage(image))) continue;
    const waiting = (pid: number): void => {
      progress.info(`Waiting for the command that is getting the image of ${image.name} (process ${pid}) …`);
    };
    await withLock(
      cachePath("locks", `image-${image.name}`),
      async () => {
        if (await hasImage(docker, localImage(image))) return;
        if (await takenFromPublic(docker, image, mayPull, progress)) return;
        pull = false;
        await makeImage(docker, image, USUALLY[name], progress);
      },
      waiting,
    );
  }
}

/** Gives the public's image our name for it, if the Docker engine has it or can pull it. */
async function takenFromPublic(
  docker: Docker,
  image: Image,
  mayPull: () => Promise<boolean>,
  progress: Progress,
): Promise<boolean> {
  const name = byDigest(image.public);
  if (!(await hasImage(docker, name)) && !((await mayPull()) && (await pulled(docker, name, progress)))) return false;
  const { repo, tag } = split(localImage(image));
  await docker.getImage(name).tag({ repo, tag });
  return true;
}

/** A reference with a tag and a digest, without the tag: not every Docker engine takes both. */
export function byDigest(reference: string): string {
  return reference.replace(/:[^:@/]+@/, "@");
}

function split(name: string): { repo: string; tag: string } {
  const colon = name.lastIndexOf(":");
  return { repo: name.slice(0, colon), tag: name.slice(colon + 1) };
}

async function makeImage(docker: Docker, image: Image, usually: string, progress: Progress): Promise<void> {
  const base = programsBase();
  await ensureImage(docker, { ...BASE, name: base }, progress);
  // The stage with Debian's packages has done its work.
  await docker.pruneImages({ filters: { dangling: { true: true }, label: { "swarm-ha.stage=files": true } } });
  const program = programOf(image, usually, await targetOf(docker));
  const binary = await ensureProgram(program, progress);
  mkdirSync(cachePath("images"), { recursive: true });
  const work = mkdtempSync(cachePath("images", `${image.name}-`));
  try {
    cpSync(join(PROGRAMS_FOLDER, image.name), work, { recursive: true });
    linkSync(binary, join(work, image.name)); // Both are in the cache: no second copy of 180 MB.
    const candidate = `${split(localImage(image)).repo}:candidate`;
    await progress.step(`Making the image ${localImage(image)}`, "10 to 40 s", async (note) => {
      await buildImage(docker, { name: candidate, folder: work, arguments: { BASE: base } }, note);
      try {
        await checkVersion(docker, candidate, image, program);
        await docker.getImage(candidate).tag(split(localImage(image)));
      } finally {
        await docker.getImage(candidate).remove({ noprune: false });
      }
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Milliseconds that the last output of a program may take after its end. */
const OUTPUT_LIMIT = 5000;

/** Runs the program for its version, where it is going to run: on another system than the Docker engine's it couldn't be. */
async function checkVersion(docker: Docker, candidate: string, image: Image, program: GoProgram): Promise<void> {
  const said: Buffer[] = [];
  const container = await docker.createContainer({
    Image: candidate,
    Cmd: [...image.source.versionArguments],
    HostConfig: { NetworkMode: "none" },
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    output.on("data", (piece: Buffer) => said.push(piece));
    const told = once(output, "end").catch(() => undefined);
    await container.start();
    await container.wait({ abortSignal: AbortSignal.timeout(VERSION_LIMIT) });
    // Its output comes by another connection than its end.
    await Promise.race([told, sleep(OUTPUT_LIMIT)]);
  } finally {
    await container.remove({ force: true });
  }
  const text = Buffer.concat(said).toString().trim();
  if (text.includes(image.version)) return;
  discardProgram(program);
  throw new UserError(
    `${program.what} was built, but asked for its version it says: ${text === "" ? "nothing" : text}. It is removed: run this again.`,
  );
}

/** The program in an image. Its place in the cache follows from all that its build depends on. */
export function programOf(image: Image, usually: string, target: { os: string; arch: string }): GoProgram {
  const wrapper = join(PROGRAMS_FOLDER, image.name);
  const digest = createHash("sha256").update(JSON.stringify([image.source, target]));
  for (const name of ["go.mod", "go.sum"]) digest.update(readFileSync(join(wrapper, name)));
  return {
    what: `${image.name} ${image.version}`,
    place: ["programs", `${image.name}-${image.version}-${digest.digest("hex").slice(0, 12)}`],
    file: image.name,
    wrapper,
    package: image.source.package,
    stamp: image.source.stamp,
    usually,
    target,
    noGo: (reason) =>
      new UserError(
        `The Docker engine has no image of ${image.name} ${image.version}, and ${reason}. ` +
          `Pull it (docker pull ${byDigest(image.public)}), or install Go (https://go.dev/dl), then try again.`,
      ),
  };
}

/** The system and processor of the Docker engine, which needn't be the workstation's. */
async function targetOf(docker: Docker): Promise<{ os: string; arch: string }> {
  const { Os: os, Arch: arch } = await docker.version();
  return { os, arch };
}
