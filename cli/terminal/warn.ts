/** Tells a person what a command goes on in spite of. */
export function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
