/**
 * `npm run -s review -- <stack> [--from <file>]`: what an update of a stack would do, as Markdown for a pull request.
 *
 * It runs `preview --json --show-sames`, or reads its output from a file (`-` is standard input). Exit code 0: nothing
 * that has to be acknowledged, or all of it is; 1: the preview failed, and the Markdown says so; 2: a danger isn't
 * acknowledged in the stack's configuration (`swarm-ha:acknowledge`), or a policy is broken.
 */
import type Docker from "dockerode";
import { readFileSync } from "node:fs";
import { messageOf } from "../../components/message";
import { prepareFor } from "../cluster/platform";
import { lastLines } from "../cluster/stack";
import { runPulumi } from "../pulumi";
import { askLosses, deletedHosts, unknownLosses } from "../review/losses";
import { failure, markdown } from "../review/markdown";
import { parsePreview } from "../review/preview";
import { reviewOf, type Review } from "../review/review";
import { leaks, secretsIn } from "../review/secrets";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";

const REFUSED = 2;

runMain(async () => {
  const usage = "npm run -s review -- <stack> [--from <preview.json>]";
  const { stack, from } = readArguments(usage, { values: ["from"] });
  let text = "";
  let docker: Docker | undefined;
  let review: Review;
  try {
    if (from === undefined) docker = await prepareFor(stack);
    const ran = from === undefined ? await preview(stack) : { text: read(from) };
    text = ran.text;
    review = judge(text, stack, from);
    // Its diagnostics don't say why.
    if (ran.failed !== undefined) throw new UserError(ran.failed);
  } catch (error) {
    if (error instanceof UserError) publish(failure(stack, error.message), stack, text);
    throw error;
  }
  const deleted = deletedHosts(review.hosts);
  const losses =
    deleted.length === 0
      ? undefined
      : from === undefined
        ? await askLosses(stack, deleted, docker)
        : unknownLosses(deleted, "the preview was read from a file");
  publish(markdown(review, losses), stack, text);
  const open = review.dangers.found.filter(({ acknowledged }) => !acknowledged).map(({ name }) => name);
  const broken = [...new Set(review.policies.map(({ name }) => name))];
  if (open.length > 0) process.stderr.write(`error: not acknowledged in swarm-ha:acknowledge: ${open.join(", ")}\n`);
  if (broken.length > 0) process.stderr.write(`error: policies that are broken: ${broken.join(", ")}\n`);
  return open.length + broken.length === 0 ? 0 : REFUSED;
});

function judge(text: string, stack: string, from: string | undefined): Review {
  const parsed = parsePreview(text, from ?? `The preview of the stack ${stack}`);
  if (parsed.stack !== stack)
    throw new UserError(`${from ?? "The preview"} is of the stack ${parsed.stack}, not ${stack}.`);
  return reviewOf(parsed);
}

/** @param text what the page was made from */
function publish(page: string, stack: string, text: string): void {
  if (leaks(page, secretsIn(jsonOf(text))))
    throw new UserError(`The review of ${stack} isn't shown: it would contain a secret of the preview.`);
  process.stdout.write(page);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UserError(`${file} can't be read: ${messageOf(error)}`);
  }
}

/**
 * Runs a preview. A local stack's needs this workstation's host image by name: it is prepared before.
 *
 * @returns what it wrote, which of one that failed may still be a preview as far as it got
 * @throws UserError when it wrote none
 */
async function preview(stack: string): Promise<{ text: string; failed?: string }> {
  const args = ["preview", "--json", "--show-sames", "--suppress-progress", "--color", "never"];
  const { code, stdout, stderr } = await runPulumi(args, { stack, capture: true });
  if (code === 0) return { text: stdout };
  const failed = `The preview of the stack ${stack} failed:\n${lastLines(`${stdout.slice(0, 4000)}\n${stderr}`)}`;
  if (stdout.trimStart().startsWith("{")) return { text: stdout, failed };
  throw new UserError(failed);
}
