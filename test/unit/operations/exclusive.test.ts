import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Evaluation } from "../../../cli/cluster/evaluate";
import { backup, type BackupWork } from "../../../cli/operations/backup";
import { makeMissing } from "../../../cli/operations/make-missing";
import type { Operation } from "../../../cli/operations/operation";
import { rebalance } from "../../../cli/operations/rebalance";
import { recover } from "../../../cli/operations/recover";
import { repair } from "../../../cli/operations/repair";
import { replace } from "../../../cli/operations/replace";
import { restore } from "../../../cli/operations/restore";
import type { RestoreWork } from "../../../cli/operations/restore-work";
import { ROTATIONS } from "../../../cli/operations/rotate";
import { liveTools } from "../../../cli/operations/rotate/rotation";
import type { Scheduler } from "../../../cli/operations/scheduler";
import { upgrade } from "../../../cli/operations/upgrade";
import { FakeCluster } from "./fake-cluster";

const ROOT = join(__dirname, "..", "..", "..");

type Made = Pick<Operation<never, never>, "name" | "exclusive">;

/** Every operation, by its file. None of them runs. */
function operations(): Record<string, Made> {
  const cluster = new FakeCluster();
  const progress = { info: () => undefined, step: () => Promise.reject(new Error("it runs")) };
  const [given, version, key] = [[], "27.5.1", "swarm-ha:local.engine"];
  return {
    backup: backup(cluster, {} as BackupWork, { verify: false, interrupt: false }),
    "make-missing": makeMissing(cluster, { evaluation: {} as Evaluation, gone: [] }),
    rebalance: rebalance(cluster, [], () => ({}) as Scheduler),
    recover: recover(cluster, { older: false }),
    repair: repair(cluster),
    replace: replace(cluster, { hosts: [], surge: false, force: false, given }),
    restore: restore(cluster, {} as RestoreWork, { replaceSwarm: false, accept: "" }),
    upgrade: upgrade(cluster, {
      ...{ version, key, way: "replace", reboot: false, skipMajor: false, force: false, given },
    }),
    ...Object.fromEntries(
      Object.entries(ROTATIONS).map(([what, { use }]) => [
        `rotate/${what}`,
        use(liveTools(cluster, progress), { redeploy: false, given }, ({ name, exclusive }) => ({
          name,
          ...(exclusive === undefined ? {} : { exclusive }),
        })),
      ]),
    ),
  };
}

describe("operations that exclude each other between workstations", () => {
  it("are those that the page of operations lists", () => {
    const page = readFileSync(join(ROOT, "docs", "operations.md"), "utf8");
    const [, listed = ""] = /a lock on the bastion excludes[^:]*:\s([^:]*?)\. /.exec(page) ?? [];
    const names = [...listed.matchAll(/`(\S+)`/g)].map(([, name]) => name);
    assert.ok(names.length > 1, "the page has no list of them");
    const all = Object.entries(operations());
    const exclusive = all.filter(([, operation]) => operation.exclusive === true);
    assert.deepEqual([...new Set(exclusive.map(([, { name }]) => name))].sort(), names);
    // No name stands for some that are exclusive and some that aren't.
    const others = all.filter((one) => !exclusive.includes(one)).map(([, { name }]) => name);
    assert.deepEqual(
      others.filter((name) => names.includes(name)),
      [],
    );
  });

  it("were looked for in all files that make an operation", () => {
    const folder = join(ROOT, "cli", "operations");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (file) =>
        file.endsWith(".ts") && /^\s+onFailure: "(stop|go on)",$/m.test(readFileSync(join(folder, file), "utf8")),
    );
    assert.deepEqual(files.map((file) => file.replace(/\.ts$/, "")).sort(), Object.keys(operations()).sort());
  });
});
