/**
 * `npm run -s status [-- <stack>] [--json] [--deep]`: the live cluster against the wanted one; with `--deep` the registry's
 * storage is read through for damage, too.
 *
 * Exit code 0 healthy, 1 degraded, 2 unreachable (or no such stack, or not up).
 */
import { messageOf } from "../../components/message";
import { readArguments } from "../terminal/arguments";
import { withProblems } from "../cluster/evaluate";
import { inspectDeep } from "../cluster/inspect";
import type { ClusterStatus } from "../cluster/model";
import { render } from "../cluster/render";
import { damageLines } from "../cluster/registry-storage";
import { readStack, type LiveStack } from "../cluster/stack";
import { DEFAULT_STACK } from "../pulumi/project";
import { runStorageJob } from "../operations/storage-job";
import { colors } from "../terminal/colors";
import { errorText, runMain } from "../terminal/errors";

const UNREACHABLE = 2;

runMain(async () => {
  const print = (status: ClusterStatus): void => void process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
  try {
    const { stack, json, deep } = readArguments("npm run -s status [-- <stack>] [--json] [--deep]", {
      flags: ["json", "deep"],
      stack: DEFAULT_STACK,
    });
    const live = await readStack(stack);
    const { evaluation: seen } = await inspectDeep(live, { disks: true });
    const { status, exitCode } = deep && seen.reachable ? withProblems(seen, await damageIn(live)) : seen;
    if (json) print(status);
    else process.stdout.write(`${render(stack, status, exitCode, colors)}\n`);
    return exitCode;
  } catch (error) {
    // The cluster's health is unknown; exit code 1 would mean that it is known.
    const text = errorText(error);
    if (process.argv.includes("--json")) {
      print({
        healthy: false,
        swarmId: "",
        nodes: [],
        loadBalancers: {},
        certificates: [],
        ingress: [],
        engines: {},
        problems: [text],
      });
    }
    process.stderr.write(`error: ${text}\n`);
    return UNREACHABLE;
  }
});

/** What is damaged in the registry's storage, or why that is unknown. */
async function damageIn(live: LiveStack): Promise<string[]> {
  if (live.outputs.endpoints.registry === undefined) return [];
  try {
    const { report } = await runStorageJob(live, { mode: "check", untagged: true });
    return damageLines(live.stack, report);
  } catch (error) {
    return [`The registry's storage can't be looked through: ${messageOf(error)}`];
  }
}
