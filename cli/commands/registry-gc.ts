/**
 * `npm run registry:gc -- <stack> [--dry-run] [--delete-untagged] [--mend]`: removes layers that no image names any more,
 * and unfinished uploads.
 *
 * Pulls go on; pushes are refused with 405 until it is done. See docs/runbooks/registry.md.
 */
import { readArguments } from "../terminal/arguments";
import { damageLines, mendedLines, stopsCollector, uploadsLine } from "../cluster/registry-storage";
import { readStack } from "../cluster/stack";
import { runStorageJob } from "../operations/storage-job";
import { runMain, UserError } from "../terminal/errors";

runMain(async () => {
  const asked = readArguments("npm run registry:gc -- <stack> [--dry-run] [--delete-untagged] [--mend]", {
    flags: ["dry-run", "delete-untagged", "mend"],
  });
  if (asked["dry-run"] && asked.mend) throw new UserError("--dry-run changes nothing, so it can't --mend anything");
  const stack = await readStack(asked.stack);
  const mode = asked["dry-run"] ? "dry-run" : asked.mend ? "mend" : "collect";
  const { report, complete } = await runStorageJob(stack, { mode, untagged: asked["delete-untagged"] });
  const garbage = report.rest.filter((line) => line.includes("eligible"));
  const lines = [...mendedLines(report), ...uploadsLine(report, mode !== "dry-run"), ...garbage];
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  const damage = damageLines(asked.stack, report);
  for (const line of damage) process.stderr.write(`${line}\n`);
  if (complete) return 0;
  const stopping = report.damaged.filter((damage) => stopsCollector(damage, asked["delete-untagged"])).length;
  throw new UserError(
    `No layer was collected: ${stopping === 0 ? "something" : `${String(stopping)} of these`} would stop the collector half way. ` +
      "Images that aren't named here are whole.",
  );
});
