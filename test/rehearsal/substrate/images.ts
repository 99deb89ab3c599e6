import type Docker from "dockerode";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { extract as extractor } from "tar-stream";
import { messageOf } from "../../../components/message";
import { cachePath } from "../../../cli/paths";
import { ensureImage } from "../../../cli/workstation/host-image";
import { withLock } from "../../../cli/workstation/lock.cjs";

/** The Docker engine's version that the mirror offers as Docker's. It is that of `swarm-ha:aws.engine`'s default. */
export const ENGINE = "28.5.2";

/** What instances are made of. */
export interface InstanceImages {
  /** Image of instances. */
  readonly host: string;
  /** Folder that the package mirror serves. */
  readonly mirror: string;
}

/**
 * Makes sure that there are the instances' image and the package mirror. Both are built once, and named for the content
 * of their recipes.
 *
 * @throws UserError with the build's last lines
 */
export async function ensureInstanceImages(engine: Docker): Promise<InstanceImages> {
  const [image, recipe] = ["image", "mirror"].map((name) => join(__dirname, name)) as [string, string];
  const host = `swarm-ha/rehearsal-host:${digest(image)}`;
  await ensureImage(engine, { name: host, folder: image, what: "the image of instances", usually: "1 to 3 minutes" });
  const tag = digest(image, recipe);
  const folder = cachePath("rehearsal", `mirror-${tag}`);
  if (existsSync(folder)) return { host, mirror: folder };
  const name = `swarm-ha/rehearsal-mirror:${tag}`;
  const wish = { name, folder: recipe, arguments: { BASE: host, ENGINE } };
  await ensureImage(engine, { ...wish, what: "the package mirror", usually: "1 to 2 minutes" });
  await withLock(cachePath("locks", "rehearsal-mirror"), async () => {
    if (!existsSync(folder)) await extract(engine, name, folder);
  });
  return { host, mirror: folder };
}

/** Copies an image's /mirror into a folder, whole or not at all. */
async function extract(engine: Docker, image: string, folder: string): Promise<void> {
  const half = `${folder}.${String(process.pid)}`;
  mkdirSync(half, { recursive: true });
  const container = await engine.createContainer({ Image: image });
  try {
    const tar = spawn("tar", ["-x", "-C", half, "--strip-components=1", "--no-same-owner"], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    const ended = once(tar, "close");
    // tar may end without reading the padding behind the archive's end. An archive that was cut off makes it fail.
    const cut = pipeline(await container.getArchive({ path: "/mirror" }), tar.stdin).catch(messageOf);
    const [code] = (await ended) as [number | null];
    if (code !== 0) {
      throw new Error(`tar ended with ${String(code)} for the package mirror of ${image} (${String(await cut)})`);
    }
    renameSync(half, folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
    await container.remove({ force: true });
  }
}

/** The authorities that an image trusts, PEM. */
export async function certificatesOf(engine: Docker, image: string): Promise<string> {
  const container = await engine.createContainer({ Image: image });
  try {
    const archive = extractor();
    (await container.getArchive({ path: "/etc/ssl/certs/ca-certificates.crt" })).pipe(archive);
    for await (const entry of archive) return await text(entry);
    throw new Error(`${image} has no certificates`);
  } finally {
    await container.remove({ force: true });
  }
}

function digest(...folders: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else
      hash
        .update(`${path.slice(__dirname.length)}\0`)
        .update(readFileSync(path))
        .update("\0");
  };
  folders.forEach(add);
  return hash.update(ENGINE).digest("hex").slice(0, 12);
}
