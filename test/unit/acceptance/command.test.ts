import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { root } from "../../../cli/paths";
import { previewText, step } from "../review/support";

/** The command itself, with a `pulumi` and an `aws` that note what they were asked. */
describe("npm run acceptance", function () {
  // Each command of a step is a process of its own.
  this.timeout(300_000);
  let folder: string;
  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  const log = (): string => (existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : "");
  const begin = (
    ...args: string[]
  ): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> } => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SWARM_HA_")));
    const child = spawn(process.execPath, [join(root, "cli/run.mjs"), "acceptance", ...args], {
      env: { ...env, SWARM_HA_TEST_FOLDER: folder, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
      child.on("close", (code) => {
        resolve({ code, output });
      });
    });
    return { child, ended };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-acceptance-"));
    const instance = step("aws:ec2/instance:Instance", "manager-1", {
      op: "create",
      inputs: { instanceType: "t4g.small" },
    });
    writeFileSync(
      join(folder, "preview"),
      previewText([instance], { "swarm-ha:platform": "aws" }).replaceAll("urn:pulumi:x:", "urn:pulumi:test:"),
    );
    writeFileSync(join(folder, "state"), JSON.stringify({ deployment: { resources: [] } }));
    program(
      "pulumi",
      `case "$*" in
        version) echo v3.245.0; exit ;;
        *"stack export"*) cat "$SWARM_HA_TEST_FOLDER/state"; exit ;;
        preview*--json*) cat "$SWARM_HA_TEST_FOLDER/preview"; exit ;;
      esac
      echo "$1" >> "$SWARM_HA_TEST_FOLDER/log"
      case "$1" in
        # Ends as Pulumi does when it is interrupted: what is under way is finished first.
        up) trap 'echo interrupted >> "$SWARM_HA_TEST_FOLDER/log"; exit 255' INT TERM; i=0; while [ $i -lt 600 ]; do i=$((i + 1)); sleep 0.2; done ;;
      esac`,
    );
    // What an account has in which the stack never was; anything else fails as the real one does.
    program(
      "aws",
      `case "$1 $2" in
        "resourcegroupstaggingapi get-resources") echo '{"ResourceTagMappingList": []}' ;;
        "iam list-roles") echo '{"Roles": []}' ;;
        "iam list-instance-profiles") echo '{"InstanceProfiles": []}' ;;
        "ec2 describe-instances") echo '{"Reservations": []}' ;;
        "ssm describe-parameters") echo '{"Parameters": []}' ;;
        *) echo "An error occurred (AccessDenied) when calling $2" >&2; exit 254 ;;
      esac`,
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("changes nothing without --yes, and prints what is billed for how long", async () => {
    const { code, output } = await begin("test").ended;
    assert.equal(code, 1);
    assert.match(output, /AWS bills these resources of the stack test for at most \d+ min: .*\d × /);
    assert.match(output, /Nothing was done\. To run it, for at most \d+ min: npm run acceptance -- test --yes/);
    assert.equal(log(), "");
  });

  it("refuses a stack that has something", async () => {
    const resource = { urn: "urn:pulumi:test::swarm-ha::aws:ec2/vpc:Vpc::vpc", type: "aws:ec2/vpc:Vpc", id: "vpc-1" };
    writeFileSync(join(folder, "state"), JSON.stringify({ deployment: { resources: [resource] } }));
    const { code, output } = await begin("test", "--yes").ended;
    assert.equal(code, 1);
    assert.match(output, /begins with nothing, and the stack test has 1 resources/);
    assert.equal(log(), "");
  });

  it("refuses a quota that only a later step would exceed, before anything is made", async () => {
    program(
      "aws",
      `case "$1 $2" in
        "service-quotas get-service-quota") echo '{"Quota": {"Value": 22}}' ;;
        "ec2 describe-instances") echo '{"Reservations": []}' ;;
        *) echo "An error occurred (AccessDenied) when calling $2" >&2; exit 254 ;;
      esac`,
    );
    const { code, output } = await begin("test", "--yes").ended;
    assert.equal(code, 1);
    assert.match(output, /L-1216C47A\): needs 24 more, 0 in use, limit 22/);
    assert.equal(log(), "");
  });

  it("destroys and lists unmanaged resources after an interruption, even when it is sent twice", async () => {
    const { child, ended } = begin("test", "--yes");
    const until = Date.now() + 120_000;
    while (!log().includes("up") && child.exitCode === null && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    child.kill("SIGINT");
    const { code, output } = await ended;
    assert.equal(code, 1, output);
    assert.deepEqual(log().trim().split("\n"), ["preview", "up", "interrupted", "destroy"], output);
    assert.match(output, /Nothing of the stack test is left/);
    assert.match(output, /FAILED {2}up from nothing.*: interrupted/);
    assert.match(output, /ok {6}destroy/);
    assert.match(output, /ok {6}unmanaged/);
  });
});
