/**
 * `npm run diagnose -- <stack> [--output <file>]`: writes one archive with all that tells what is wrong with a stack: its
 * status, nodes, failed tasks, and logs of all hosts. Changes nothing. Secrets are replaced.
 *
 * Exit code 0 when the archive is written, however broken the stack is; 1 when there is none.
 */
import { writeFileSync } from "node:fs";
import { docker } from "../../components/docker";
import { messageOf } from "../../components/message";
import { containersOf } from "../cluster/platform";
import { list } from "../cluster/words";
import { redactedArchive } from "../diagnose/archive";
import { diagnose } from "../diagnose/diagnose";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

runMain(async () => {
  const usage = "npm run diagnose -- <stack> [--output <file>]";
  const { stack, output } = readArguments(usage, { values: ["output"] });
  const now = new Date();
  const name = `swarm-ha-${stack}-${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const engine = containersOf(stack) === undefined ? undefined : docker();
  const { files, known, evaluation, findings, unreached } = await createProgress().step(
    `Asking all hosts of the stack ${stack}`,
    "5 to 40 s",
    () => diagnose(stack, engine),
  );
  const path = output ?? `${name}.tar.gz`;
  const archive = await redactedArchive(name, files, known, now);
  try {
    writeFileSync(path, archive, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new UserError(`The archive can't be written: ${messageOf(error)}. Name another file: --output <file>`);
  }
  const problems = [
    ...("error" in evaluation ? [evaluation.error] : evaluation.status.problems),
    ...findings.flatMap(({ level, text }) => (level === "problem" ? [text] : [])),
  ];
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${String(problems.length - 1)} more)` : "";
  process.stdout.write(
    `${path} (${String(Math.ceil(archive.length / 1024))} KiB)\n` +
      (first === undefined ? "Nothing was found to be wrong.\n" : `Worst problem${more}: ${first}\n`) +
      (unreached.length === 0 ? "" : `Not reached: ${list(unreached)}\n`) +
      `Read it: tar -xOf ${path} ${name}/README.md\n`,
  );
  return 0;
});
