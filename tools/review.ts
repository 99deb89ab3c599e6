/**
 * `npm run -s review -- <stack> [--from <file>]`: what an update of a stack would do, as Markdown for a pull request.
 *
 * It runs `preview --json --show-sames`, or reads its output from a file (`-` is standard input). Exit code 0: nothing
 * that has to be acknowledged, or all of it is; 1: the preview failed; 2: a danger isn't acknowledged in the
 * stack's configuration (`swarm-ha:acknowledge`). The Markdown is written in both cases 0 and 2.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { prepareFor } from "./cluster/platform";
import { lastLines } from "./cluster/stack";
import { runPulumi } from "./engine";
import { markdown } from "./review/markdown";
import { parsePreview } from "./review/preview";
import { reviewOf } from "./review/review";
import { leaks, secretsIn } from "./review/secrets";
import { runMain, SetupError } from "./setup/errors";

const USAGE = "npm run -s review -- <stack> [--from <preview.json>]";
const NOT_ACKNOWLEDGED = 2;

runMain(async () => {
  const { stack, from } = readArguments(process.argv.slice(2));
  const text = from === undefined ? await preview(stack) : read(from);
  const parsed = parsePreview(text, from ?? `The preview of the stack ${stack}`);
  if (parsed.stack !== stack)
    throw new SetupError(`${from ?? "The preview"} is of the stack ${parsed.stack}, not ${stack}.`);
  const review = reviewOf(parsed);
  const page = markdown(review);
  if (leaks(page, secretsIn(JSON.parse(text)))) {
    throw new SetupError(`The review of ${stack} isn't shown: a secret of the preview would stand in it.`);
  }
  process.stdout.write(page);
  const open = review.dangers.found.filter(({ acknowledged }) => !acknowledged).map(({ name }) => name);
  if (open.length === 0) return 0;
  process.stderr.write(`error: not acknowledged in swarm-ha:acknowledge: ${open.join(", ")}\n`);
  return NOT_ACKNOWLEDGED;
});

function readArguments(args: readonly string[]): { stack: string; from?: string } {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: { from: { type: "string" } }, allowPositionals: true });
  } catch (error) {
    throw new SetupError(
      `${error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error)}. Usage: ${USAGE}`,
    );
  }
  const [stack, ...more] = parsed.positionals;
  if (stack === undefined || more.length > 0) throw new SetupError(`Which stack? Usage: ${USAGE}`);
  const { from } = parsed.values;
  return { stack, ...(from === undefined ? {} : { from }) };
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new SetupError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A local stack's preview needs this machine's image by name, so what makes it is prepared first. */
async function preview(stack: string): Promise<string> {
  await prepareFor(stack);
  const args = ["preview", "--json", "--show-sames", "--suppress-progress", "--color", "never"];
  const { code, stdout, stderr } = await runPulumi(args, { stack, capture: true });
  // A preview that failed may still have written what it got to: its diagnostics say why.
  if (code === 0) return stdout;
  if (stdout.trimStart().startsWith("{")) parsePreview(stdout, `The preview of the stack ${stack}`);
  throw new SetupError(
    `The preview of the stack ${stack} failed:\n${lastLines(`${stdout.slice(0, 4000)}\n${stderr}`)}`,
  );
}
