import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";

/** What makes a container a host. */
export const IMAGE_FOLDER = path.join(__dirname, "..", "..", "..", "image");

/**
 * Reference of the host image: its tag is a digest of the folder it is built from, so that an image is never older
 * than its recipe.
 */
export function hostImage(folder: string = IMAGE_FOLDER): string {
  const digest = createHash("sha256");
  for (const file of files(folder)) {
    digest
      .update(`${path.relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return `swarm-ha/host:${digest.digest("hex").slice(0, 12)}`;
}

function files(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const file = path.join(folder, entry);
      return statSync(file).isDirectory() ? files(file) : [file];
    });
}
