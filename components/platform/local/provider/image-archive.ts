/**
 * Images of this workstation's Docker engine as archives. Each is written once in the life of this process, to an unlinked
 * file: several hosts load it, and it is gone when the process ends.
 */
import { open, mkdtemp, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import tar from "tar-stream";
import { messageOf } from "../../../message";

/** The archive of an image, as `docker load` reads it. */
interface ImageArchive {
  readonly file: FileHandle;
  /** In bytes. */
  readonly size: number;
}

/** Not the system's folder for temporary files: that is often in memory, and the archives have 240 MB. */
const FOLDER = "/var/tmp";

/** Bytes that are read at a time. */
const CHUNK = 1 << 20;

/** By name and id: an archive has the name, and a name may get another image. */
const archives = new Map<string, Promise<ImageArchive>>();

/**
 * Copies an image's archive into a container's file system.
 *
 * @param image Name of the image, and its id.
 * @param path Where the file is to be in the container. Its folder has to exist.
 * @throws Error if the image can't be read or the file can't be written
 */
export async function copyImageArchive(
  engine: Docker,
  { name, id }: { readonly name: string; readonly id: string },
  container: Docker.Container,
  path: string,
): Promise<void> {
  const key = `${name} ${id}`;
  const { file, size } = await (archives.get(key) ?? remember(key, save(engine, name)));
  const failed = new AbortController();
  const stop = (error: Error): void => {
    failed.abort(error);
  };
  const pack = tar.pack();
  const entry = pack.entry({ name: path.replace(/^\//, ""), size, mode: 0o600 }, (error) => {
    if (error) stop(error);
    else pack.finalize();
  });
  entry.on("error", stop);
  const content = Readable.from(chunks(file, size)).on("error", stop);
  content.pipe(entry);
  const body = Readable.from(pack).on("error", stop);
  try {
    await container.putArchive(body, { path: "/", abortSignal: failed.signal });
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    content.destroy();
    pack.destroy();
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

/** One that fails is forgotten, and saved again for the next host that asks. */
function remember(key: string, archive: Promise<ImageArchive>): Promise<ImageArchive> {
  archives.set(key, archive);
  archive.catch(() => archives.delete(key));
  return archive;
}

async function save(engine: Docker, image: string): Promise<ImageArchive> {
  const file = await unlinked();
  try {
    await pipeline(await engine.getImage(image).get(), file.createWriteStream({ autoClose: false }));
    return { file, size: (await file.stat()).size };
  } catch (error) {
    await file.close();
    throw new Error(`the image ${image} can't be saved to ${FOLDER}: ${messageOf(error)}`);
  }
}

/** An open file that has no name. */
async function unlinked(): Promise<FileHandle> {
  const folder = await mkdtemp(join(FOLDER, "swarm-ha-image-"));
  try {
    return await open(join(folder, "image.tar"), "w+", 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}
