/** Runs scripts/registry-gc.sh on the bastion. */
import { readScript } from "../../components/ssh/script";
import { UserError } from "../terminal/errors";
import { scriptCall } from "../cluster/host-shell";
import { storageReport, type StorageReport } from "../cluster/registry-storage";
import { onBastion } from "../cluster/run-script";
import type { LiveStack } from "../cluster/stack";

/** Seconds for all replicas to change their mode. */
const MODE_LIMIT = 300;
/** Seconds for all of it: the collection reads every manifest, and in a bucket each is a request. */
const LIMIT = 2 * 3600;
/** Exit code of the script: something damaged stops the collector, and nothing was collected. */
const DAMAGED = 65;

/** What is asked of the job. */
export interface StorageJob {
  /** `check` looks for damage; `dry-run` names the garbage, too; `mend` mends damage before it collects. */
  readonly mode: "check" | "dry-run" | "collect" | "mend";
  /** Whether manifests without a tag are garbage, too. */
  readonly untagged: boolean;
}

/** What came of it. */
export interface StorageJobResult {
  readonly report: StorageReport;
  /** Whether the collector went through. */
  readonly complete: boolean;
}

/** @throws UserError when the job couldn't be run, or failed for another reason than damage */
export async function runStorageJob(stack: LiveStack, { mode, untagged }: StorageJob): Promise<StorageJobResult> {
  const data = {
    mode,
    untagged,
    storage: readScript("registry-storage").text,
    limit: MODE_LIMIT,
    client: { key: stack.outputs.access.client.key },
  };
  const { command, input } = scriptCall("registry-gc", data);
  const show = (text: string): void => void process.stderr.write(text);
  const { code, stdout } = await onBastion(stack, (bastion) => bastion.run(command, input, LIMIT, show));
  const report = storageReport(stdout);
  if (code !== 0 && code !== DAMAGED) {
    const said = report.rest.slice(-5).join("\n").trim();
    throw new UserError(`the garbage of ${stack.stack}'s registry wasn't collected: see above. ${said}`.trim());
  }
  return { report, complete: code === 0 };
}
