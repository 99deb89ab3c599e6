/** Warns of something that doesn't stop the command. */
export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
