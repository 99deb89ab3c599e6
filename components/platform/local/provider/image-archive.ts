/**
 * Images of this workstation's Docker engine as archives. Each is written once in the life of this process, to a file that has no
 * name any more: several hosts load it, and nothing is left however the process ends.
 */
import { open, mkdtemp, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import tar from "tar-stream";

/** The archive of an image, as `docker load` reads it. */
interface ImageArchive {
  readonly file: FileHandle;
  /** In bytes. */
  readonly size: number;
}

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;

/** By the image's id: a name may come to mean another image. */
const archives = new Map<string, Promise<ImageArchive>>();

/**
 * Copies an image's archive into a container's file system.
 *
 * @param image Name or id of the image.
 * @param path Where the file is to be in the container. Its folder has to exist.
 * @throws Error if the image can't be read or the file can't be written
 */
export async function copyImageArchive(
  engine: Docker,
  image: string,
  container: Docker.Container,
  path: string,
): Promise<void> {
  const { Id } = await engine.getImage(image).inspect();
  const { file, size } = await (archives.get(Id) ?? remember(Id, save(engine, image)));
  const pack = tar.pack();
  const entry = pack.entry({ name: path.replace(/^\//, ""), size, mode: 0o600 }, (error) => {
    if (error) pack.destroy(error);
    else pack.finalize();
  });
  const content = Readable.from(chunks(file, size)).on("error", (error) => {
    pack.destroy(error);
  });
  content.pipe(entry);
  try {
    await container.putArchive(Readable.from(pack), { path: "/" });
  } finally {
    content.destroy();
  }
}

/** The content, read by position: Node's own stream of a file handle closes it for all others when it is destroyed. */
async function* chunks(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < size;) {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(CHUNK), position });
    if (bytesRead === 0) throw new Error("the image's archive was cut off");
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** One that fails is tried again by the next host. */
function remember(id: string, archive: Promise<ImageArchive>): Promise<ImageArchive> {
  archives.set(id, archive);
  archive.catch(() => archives.delete(id));
  return archive;
}

async function save(engine: Docker, image: string): Promise<ImageArchive> {
  const folder = await mkdtemp(join(tmpdir(), "swarm-ha-image-"));
  const file = await open(join(folder, "image.tar"), "w+", 0o600);
  try {
    await rm(folder, { recursive: true });
    await pipeline(await engine.getImage(image).get(), file.createWriteStream({ autoClose: false }));
    return { file, size: (await file.stat()).size };
  } catch (error) {
    await file.close();
    throw error;
  }
}
