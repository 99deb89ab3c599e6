/**
 * `npm run preflight -- <stack>`: checks all that can be known before an `up`, and names every problem at once. Changes
 * nothing.
 *
 * Exit code 0 when nothing would fail, 1 when something would, 2 when nothing that was checked would fail and something
 * couldn't be checked.
 */
import { docker } from "../../components/docker";
import { containersOf } from "../cluster/platform";
import { exitCodeOf, preflight, type Checked } from "../preflight/preflight";
import { readArguments } from "../terminal/arguments";
import { colors } from "../terminal/colors";
import { runMain } from "../terminal/errors";
import { createProgress } from "../terminal/progress";

runMain(async () => {
  const { stack } = readArguments("npm run preflight -- <stack>", {});
  const engine = containersOf(stack) === undefined ? undefined : docker();
  const all = await createProgress().step(`Checking the stack ${stack}`, "1 to 30 s", () => preflight(stack, engine));
  process.stdout.write(`${all.flatMap(lines).join("\n")}\n`);
  const counted = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? "" : "s"}`;
  const problems = all.flatMap((one) => one.problems).length;
  const skipped = all.filter((one) => one.skipped !== undefined).length;
  if (problems > 0) process.stderr.write(`error: ${counted(problems, "problem")}: see above.\n`);
  else if (skipped > 0) process.stderr.write(`error: ${counted(skipped, "check")} couldn't be made: see above.\n`);
  return exitCodeOf(all);
});

function lines({ what, problems, advice, skipped }: Checked): string[] {
  const mark = problems.length > 0 ? colors.red("✗") : skipped === undefined ? colors.green("✓") : colors.yellow("?");
  return [
    `${mark} ${what}${skipped === undefined ? "" : `: not checked, ${skipped}`}`,
    ...problems.map((text) => `    problem: ${text}`),
    ...advice.map((text) => `    advice: ${text}`),
  ];
}
