import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../../config";
import { stackNameProblem } from "../../../config/platforms/local/stack-name";
import { readStackFile } from "../../../cli/pulumi/project";
import { stackValues } from "../../support/aws/stack";

const RESERVED = ["bridge", "host", "none", "default", "ingress", "docker_gwbridge", "Bridge"];

describe("a stack's name", () => {
  it("is none of the Docker engine's own networks, and could be a container's, where the stack is local", () => {
    for (const name of [...RESERVED, "-x", ".x", "_x"]) {
      assert.notEqual(stackNameProblem(name), undefined, name);
      assert.throws(
        () => parseConfig({ platform: "local" }, name),
        /the stack's name: got .*; allowed: .*; fix: choose/,
        name,
      );
    }
    for (const name of ["local", "bridges", "my-host", "1", "A.b_c"])
      assert.equal(stackNameProblem(name), undefined, name);
  });

  it("is free on aws, where no Docker engine's network has it", () => {
    assert.equal(parseConfig(stackValues("test"), "bridge").stack, "bridge");
  });
});

describe("a stack file", () => {
  const before = process.env["SWARM_HA_CONFIG_DIR"];
  let folder: string;
  const write = (stack: string, text: string): void => {
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), text);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-stack-file-"));
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
  });
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, "SWARM_HA_CONFIG_DIR");
    else process.env["SWARM_HA_CONFIG_DIR"] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  it("that is empty, or names no platform or an unknown one, is answered with what it needs", () => {
    for (const [text, got] of [
      ["", /is empty\. Allowed platforms: local, aws/],
      ["config: {}\n", /has no swarm-ha:platform\. Allowed platforms: /],
      ["config:\n  swarm-ha:platform: lokal\n", /has the platform 'lokal'\. Allowed platforms: /],
      ["- a list\n", /has no swarm-ha:platform\. Allowed platforms: /],
    ] as const) {
      write("x", text);
      assert.throws(() => readStackFile("x"), got, text);
    }
  });

  it("may have its platform from Pulumi ESC", () => {
    write("x", "environment:\n  - prod\n");
    assert.equal(readStackFile("x").platform, undefined);
  });

  it("of a reserved name is refused before any set-up, with a remedy that is possible", () => {
    for (const name of RESERVED) {
      write(name, "config:\n  swarm-ha:platform: local\n");
      assert.throws(() => readStackFile(name), /can't be called .*\. Fix: choose another one: rename the file/, name);
      write(name, "config:\n  swarm-ha:platform: aws\n");
      assert.equal(readStackFile(name).platform, "aws");
    }
  });
});
