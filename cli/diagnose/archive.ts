import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { redact, REDACTED } from "./redact";
import type { Files } from "./swarm";

/** Most characters of one file. */
const LIMIT = 2_000_000;

/**
 * Texts as a gzipped tar archive, redacted.
 *
 * @param folder the folder that all of them are in
 * @param known secrets to remove by value, besides those that are found by their form
 */
export async function redactedArchive(
  folder: string,
  files: Files,
  known: readonly string[],
  now: Date,
): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, text] of Object.entries(files)) {
    pack.entry({ name: `${folder}/${redact(name, known)}`, mode: 0o600, mtime: now }, clean(text, known));
  }
  pack.finalize();
  return gzipSync(await buffer(pack));
}

/** A secret may be cut in two at the limit, so the text is cut after it was redacted. */
function clean(text: string, known: readonly string[]): string {
  const redacted = redact(text, known);
  // A check of the work: nothing leaves with a known secret in it.
  if (known.some((secret) => redacted.includes(secret)))
    return `${REDACTED}: this file would contain a secret of the stack\n`;
  return redacted.length <= LIMIT ? redacted : `${redacted.slice(0, LIMIT)}\n(the rest is left out)\n`;
}
