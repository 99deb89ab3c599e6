import { buffer } from "node:stream/consumers";
import tar from "tar-stream";
import type { ContainerFile } from "../container-spec";

/** The files as a tar archive, owned by root. */
export async function archive(files: readonly ContainerFile[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const file of files) {
    pack.entry({ name: file.path.replace(/^\//, ""), mode: Number.parseInt(file.mode, 8) }, file.content);
  }
  pack.finalize();
  return buffer(pack);
}
