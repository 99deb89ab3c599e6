/** The image that hosts are built on: Debian's own, pulled, or built from packages of the workstation's Debian mirror. */
import { createReadStream, existsSync, mkdirSync, rmSync } from "node:fs";
import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { cachePath } from "../paths";
import { aptUpdate, canInstall, debianRepositories, debianSources, proxySettings, requirePackages } from "./apt";
import { command, findProgram } from "./command";
import { followToEnd, hasImage } from "./docker-client";
import { canDownload, IMAGES_HOST } from "./downloads";
import { UserError } from "../terminal/errors";
import { createProgress, type Progress } from "../terminal/progress";
import { pulled } from "./pull";

/** Debian release of the hosts. */
const RELEASE = "trixie";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The base image's name; one that is built here gets the same. */
export function baseImage(release: string = RELEASE): string {
  return `debian:${release}-slim`;
}

/** Debian releases that a Dockerfile's images are based on. */
export function releasesIn(dockerfile: string): string[] {
  const found = [...dockerfile.matchAll(/^FROM debian:([a-z]+)-slim\b/gm)];
  return [...new Set(found.flatMap(([, release]) => release ?? []))];
}

/**
 * Makes sure that the Docker engine has Debian's slim image of a release: there already → nothing to do. Else it is
 * pulled, where that can be done; else made from Debian's packages.
 *
 * @throws UserError with the remedy
 */
export async function ensureBaseImage(
  docker: Docker,
  progress: Progress = createProgress(),
  release = RELEASE,
): Promise<void> {
  const image = baseImage(release);
  if (await hasImage(docker, image)) return;
  if ((await canDownload(IMAGES_HOST)) && (await pulled(docker, image, progress))) return;
  await makeBaseImage(docker, release, progress);
}

async function makeBaseImage(docker: Docker, release: string, progress: Progress): Promise<void> {
  const image = baseImage(release);
  if (findProgram("mmdebstrap") === undefined) {
    if (!canInstall()) {
      throw new UserError(
        `The Docker engine has no image ${image}. Pull it (docker pull ${image}), or install mmdebstrap ` +
          "(sudo apt-get install mmdebstrap), then try again.",
      );
    }
    const packages = existsSync(KEYRING) ? ["mmdebstrap"] : ["mmdebstrap", "debian-archive-keyring"];
    await requirePackages(packages, "Making the base image", "10 to 30 s", progress);
  }
  const sources = await ownSources(release, progress);
  const folder = cachePath("images");
  mkdirSync(folder, { recursive: true });
  // Named for this attempt and imported only when complete: a killed run never leaves half an image under the name.
  const archive = `${folder}/base-${randomUUID()}.tar`;
  try {
    await progress.step(`Making ${image} from Debian's packages (mmdebstrap)`, "30 to 60 s", async (note) => {
      const proxies = proxySettings(await command("apt-config", ["dump"], { timeout: 30_000 }));
      await command("mmdebstrap", mmdebstrapArguments(archive, sources, proxies, release), {
        timeout: 900_000,
        onLine: note,
      });
      note("importing it");
      const answer = await docker.importImage(createReadStream(archive), {
        repo: image.split(":")[0],
        tag: image.split(":")[1],
        changes: ['CMD ["bash"]'],
      });
      await followToEnd(docker, answer, `Importing ${image}`, note);
    });
  } finally {
    rmSync(archive, { force: true });
  }
}

/** The slim images leave these out too; packages installed later keep to it, as the settings stay in the image. */
const LEFT_OUT = ["doc", "man", "info", "locale", "lintian"].map((name) => `/usr/share/${name}/*`);

/** What mmdebstrap is called with. No sources: its own default mirror. */
export function mmdebstrapArguments(
  archive: string,
  sources: readonly string[],
  proxies: readonly string[],
  release = RELEASE,
): string[] {
  return [
    "--variant=minbase",
    "--format=tar",
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    ...proxies.map((setting) => `--aptopt=${setting}`),
    release,
    archive,
    ...sources,
  ];
}

/** The workstation's own Debian mirror, for the release of the image. */
async function ownSources(release: string, progress: Progress): Promise<string[]> {
  const ask = async () => debianRepositories(await command("apt-get", ["indextargets"], { timeout: 60_000 }));
  let repositories = await ask();
  // apt knows a repository's origin only once it has fetched its lists, which images and new workstations lack.
  if (repositories.length === 0 && canInstall()) {
    await aptUpdate(progress);
    repositories = await ask();
  }
  return debianSources(repositories, release, existsSync(KEYRING) ? KEYRING : undefined);
}
