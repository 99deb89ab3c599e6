import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bash } from "../../support/bash";

describe("shell that a test runs", () => {
  it("is not the user's own", () => {
    const home = mkdtempSync(join(tmpdir(), "swarm-ha-home-"));
    try {
      writeFileSync(join(home, ".bashrc"), "echo hello >&2; exit 3\n");
      // What CI has: bash is the first shell, and takes the socket that Node gives it for one of rshd's.
      const ran = bash('read -r given; echo "$given"', { env: { HOME: home, SHLVL: "0" }, input: "a line\n" });
      assert.deepEqual(ran, { code: 0, stdout: "a line\n", stderr: "" });
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it("that fails says how", () => {
    assert.deepEqual(bash("false; echo on; exit 4"), { code: 4, stdout: "on\n", stderr: "" });
    assert.equal(bash("false; echo on", { options: ["-e"] }).code, 1);
  });
});
