import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../cli/paths";

describe("npm run destroy", () => {
  it("doesn't destroy a stack elsewhere without --yes or a terminal", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-destroy-"));
    try {
      writeFileSync(join(folder, "Pulumi.far.yaml"), "config:\n  swarm-ha:platform: aws\n");
      // With nothing on PATH and no cache it could not get further, should it try to.
      const env = { HOME: folder, XDG_CACHE_HOME: folder, PATH: folder, SWARM_HA_CONFIG_DIR: folder };
      const args = ["--require", "tsx/cjs", join(root, "cli/commands/destroy.ts"), "far"];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
      assert.equal(status, 1);
      assert.match(stderr, /Nothing was removed.*npm run destroy -- far --yes/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("refuses before its first step when something is protected, and names it", () => {
    const { ran, calls } = destroyWith([
      { urn: "urn:pulumi:far::swarm-ha::pulumi:pulumi:Stack::swarm-ha-far", type: "pulumi:pulumi:Stack" },
      { urn: "urn:pulumi:far::swarm-ha::aws:s3/bucket:Bucket::images", type: "aws:s3/bucket:Bucket", protect: true },
      { urn: "urn:pulumi:far::swarm-ha::aws:ec2/instance:Instance::manager-1", type: "aws:ec2/instance:Instance" },
    ]);
    assert.equal(ran.status, 1);
    assert.match(ran.stderr, /Nothing was removed: images \(aws:s3\/bucket:Bucket\) of the stack far is protected/);
    assert.ok(calls.some((call) => call.startsWith("stack export")));
    assert.ok(!calls.some((call) => call.startsWith("destroy")), calls.join("\n"));
  });

  const backups = (protect: boolean): Record<string, unknown>[] =>
    ["aws:s3/bucket:Bucket::backup-storage", "tls:index/privateKey:PrivateKey::backup-key"].map((end) => ({
      urn: `urn:pulumi:far::swarm-ha::${end}`,
      type: end.split("::")[0],
      id: end.includes("Bucket") ? "backup-storage-1a2b3c4" : "0f",
      protect,
    }));
  const kept = [
    "backup-storage (backup-storage-1a2b3c4)",
    "backup-key",
    "npm run -s pulumi -- stack output backup --show-secrets --stack far",
    "aws s3 sync s3://backup-storage-1a2b3c4 ",
  ];

  it("names what keeps the backups before the command that gives them up", () => {
    const { ran, calls } = destroyWith(backups(true));
    assert.equal(ran.status, 1);
    for (const said of kept) assert.ok(ran.stderr.includes(said), ran.stderr);
    assert.ok(ran.stderr.indexOf("stack output backup") < ran.stderr.indexOf("state unprotect"), ran.stderr);
    assert.ok(!calls.some((call) => call.startsWith("destroy")), calls.join("\n"));
  });

  it("warns of unprotected backups, which go with the stack", () => {
    const { ran } = destroyWith(backups(false));
    assert.equal(ran.status, 0, ran.stderr);
    for (const said of kept) assert.ok(ran.stderr.includes(said), ran.stderr);
    assert.match(ran.stderr, /^warning: The stack's backups/m);
  });

  it("says nothing of backups that the stack doesn't store itself", () => {
    const urn = "urn:pulumi:far::swarm-ha::aws:s3/bucket:Bucket::registry-storage";
    const { ran } = destroyWith([{ urn, type: "aws:s3/bucket:Bucket" }]);
    assert.doesNotMatch(ran.stderr, /backup/);
  });

  it("destroys what nothing protects", () => {
    const { ran, calls } = destroyWith([
      { urn: "urn:pulumi:far::swarm-ha::aws:s3/bucket:Bucket::images", type: "aws:s3/bucket:Bucket" },
    ]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.ok(
      calls.some((call) => call.startsWith("destroy --yes")),
      calls.join("\n"),
    );
  });
});

/** Runs `npm run destroy -- far --yes` with a Pulumi that has this state, and notes what it is asked to do. */
function destroyWith(resources: readonly Record<string, unknown>[]): {
  readonly ran: SpawnSyncReturns<string>;
  readonly calls: readonly string[];
} {
  const folder = mkdtempSync(join(tmpdir(), "swarm-ha-destroy-"));
  try {
    const log = join(folder, "calls");
    const state = JSON.stringify({ deployment: { resources } });
    const pulumi = `#!${process.execPath}
require("node:fs").appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(" ") + "\\n");
if (process.argv[2] === "version") console.log("v3.245.0");
if (process.argv[3] === "export") console.log(${JSON.stringify(state)});
`;
    writeFileSync(join(folder, "pulumi"), pulumi, { mode: 0o755 });
    writeFileSync(join(folder, "Pulumi.far.yaml"), "config:\n  swarm-ha:platform: aws\n");
    const env = { HOME: folder, XDG_CACHE_HOME: folder, PATH: folder, SWARM_HA_CONFIG_DIR: folder };
    const args = ["--require", "tsx/cjs", join(root, "cli/commands/destroy.ts"), "far", "--yes"];
    const ran = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
    return { ran, calls: existsSync(log) ? readFileSync(log, "utf8").split("\n") : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
