import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checked, configCheck, exitCodeOf, type Checked } from "../../../cli/preflight/preflight";
import { localChecks, memoryText, overlapping, portsText } from "../../../cli/platform/local/checks";
import { PLATFORMS } from "../../../cli/platform";
import { orWarned } from "../../../cli/platform/not-checked";
import type { PlannedRun } from "../../../cli/platform/types";
import { UserError } from "../../../cli/terminal/errors";
import { shippedStack } from "../../support/stack-config";

const file = (config: string): { text: string } => ({ text: `config:\n${config}` });
const keys = (config: string): string[] =>
  configCheck("local", file(config)).problems.map((text) => text.slice(0, text.indexOf(":", "swarm-ha:".length)));

describe("preflight", () => {
  it("names every problem of the configuration at once", () => {
    const config = "  swarm-ha:platform: local\n  swarm-ha:managers: { count: 2 }\n  swarm-ha:typo: 1\n";
    const found = keys(config).sort();
    assert.ok(found.includes("swarm-ha:managers.count") && found.includes("swarm-ha:typo"), found.join());
    assert.deepEqual(keys("  swarm-ha:platform: local\n"), []);
  });

  it("says what it can't check of the configuration", () => {
    const secret = "  swarm-ha:platform: local\n  swarm-ha:ingress: { key: { secure: v1:abc } }\n";
    const { problems, advice } = configCheck("local", file(secret));
    assert.deepEqual([problems, advice.length], [[], 1]);
    const { skipped } = configCheck("local", {
      text: "environment: [shared]\nconfig: { swarm-ha:platform: nowhere }\n",
    });
    assert.ok(skipped !== undefined);
  });

  it("goes on past a check that fails, and past one that can't be made", async () => {
    const failing = await checked({
      what: "a",
      check: () => Promise.reject(new UserError("Nothing was done: too small")),
    });
    assert.deepEqual([failing.problems, failing.skipped], [["too small"], undefined]);
    const broken = await checked({ what: "b", check: () => Promise.reject(new Error("ECONNRESET")) });
    assert.deepEqual([broken.problems, broken.skipped], [[], "ECONNRESET"]);
    assert.deepEqual(await checked({ what: "c", check: () => Promise.resolve() }), {
      what: "c",
      problems: [],
      advice: [],
    });
  });

  it("marks no check of a local stack as done that needs what isn't there", async () => {
    const before = process.env["DOCKER_HOST"];
    const run = (config: string): PlannedRun => ({
      ...{ stack: "local", file: { path: "", text: `config:\n${config}`, platform: "local" }, args: ["up"] },
      ...{ official: false, state: () => Promise.resolve(undefined), config: () => Promise.resolve({}) },
    });
    process.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
    try {
      for (const [config, why] of [
        ["  swarm-ha:platform: local\n", /Docker engine/],
        ["  swarm-ha:platform: local\n  swarm-ha:managers: { count: 2 }\n", /configuration/],
      ] as const) {
        const [engine, ...others] = await Promise.all(localChecks(run(config)).map(checked));
        assert.equal(engine?.problems.length, 1);
        assert.equal(others.length, 4);
        for (const { what, skipped } of others) assert.match(skipped ?? "", why, what);
      }
    } finally {
      if (before === undefined) delete process.env["DOCKER_HOST"];
      else process.env["DOCKER_HOST"] = before;
    }
  });

  it("marks no check of an account as done that AWS doesn't answer, which is a warning before an up", async () => {
    const [folder, path] = [mkdtempSync(join(tmpdir(), "swarm-ha-preflight-")), process.env["PATH"] ?? ""];
    writeFileSync(
      join(folder, "aws"),
      '#!/bin/sh\necho "An error occurred (UnauthorizedOperation): no" >&2; exit 254\n',
    );
    chmodSync(join(folder, "aws"), 0o755);
    process.env["PATH"] = `${folder}${delimiter}${path}`;
    const said: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    try {
      const run: PlannedRun = {
        ...{ stack: "prod", file: shippedStack("prod"), args: ["up"], official: true },
        state: () => Promise.resolve('{"deployment":{"resources":[]}}'),
        config: () => Promise.resolve({}),
      };
      const asked = PLATFORMS.aws.checks(run).filter(({ what }) => /credentials|quotas|instance types/.test(what));
      const all = await Promise.all(asked.map(checked));
      assert.equal(all.length, 3);
      for (const { what, skipped, problems } of all) {
        assert.match(skipped ?? "", /UnauthorizedOperation/, what);
        assert.deepEqual(problems, [], what);
      }
      assert.equal(exitCodeOf(all), 2);
      assert.deepEqual(said, []);
      for (const { check } of asked) await orWarned(check);
      assert.equal(said.length, 3);
      for (const text of said)
        assert.match(text, /^warning: .*(?:not checked|weren't checked).*UnauthorizedOperation/s);
    } finally {
      process.stderr.write = write;
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("ends with 2 when nothing fails and something wasn't checked", () => {
    const good: Checked = { what: "disk", problems: [], advice: [] };
    const skipped: Checked = { ...good, skipped: "no answer" };
    const bad: Checked = { ...good, problems: ["full"] };
    assert.equal(exitCodeOf([good, { ...good, advice: ["slow"] }]), 0);
    assert.equal(exitCodeOf([good, skipped]), 2);
    assert.equal(exitCodeOf([skipped, bad]), 1);
  });

  it("asks an account one by one what a run asks until the first failure", () => {
    const run = (official: boolean): PlannedRun => ({
      ...{ stack: "prod", file: shippedStack("prod"), args: ["up"], official },
      state: () => Promise.resolve(undefined),
      config: () => Promise.resolve({}),
    });
    const of = (official: boolean): string =>
      PLATFORMS.aws
        .checks(run(official))
        .map(({ what }) => what)
        .join(", ");
    assert.match(of(true), /credentials.*quotas.*instance types/);
    assert.doesNotMatch(of(false), /credentials|quotas/);
  });

  it("of a local stack compares memory and address ranges", () => {
    assert.equal(memoryText(0, 1), undefined);
    assert.equal(memoryText(13, 2 * 1024 * 1024), undefined);
    assert.match(memoryText(13, 1024 * 1024) ?? "", /1024 MiB .* 13 more containers need about 1292 MiB/);
    assert.match(portsText(["22122 (ssh: x)"]), /^The port 22122 \(ssh: x\) is taken: free it, or/);
    assert.match(portsText(["1 (a: x)", "2 (b: y)"]), /^The ports 1 \(a: x\) and 2 \(b: y\) are taken: free them, or/);
    const networks = [
      { name: "bridge", range: "172.17.0.0/16" },
      { name: "six", range: "fd00::/64" },
      { name: "host", range: "" },
      { name: "inside", range: "10.1.2.0/24" },
      { name: "around", range: "10.0.0.0/8" },
    ];
    assert.deepEqual(overlapping("10.1.0.0/20", networks), ["inside (10.1.2.0/24)", "around (10.0.0.0/8)"]);
    assert.deepEqual(overlapping("192.168.0.0/20", networks), []);
  });
});
