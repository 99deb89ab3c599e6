import assert from "node:assert/strict";
import { bash } from "../../support/bash";

describe("the version of a Docker engine", () => {
  /** @returns whether a version is supported, by scripts/lib/engine.sh without its lock */
  function supported(version: string): boolean {
    const { code, stdout, stderr } = bash(
      `set -Eeuo pipefail
      fail() { exit 3; }
      . <(sed '/flock/d; /^exec /d' scripts/lib/engine.sh)
      if engine_supported "$VERSION"; then echo true; else echo false; fi`,
      { env: { VERSION: version } },
    );
    assert.equal(code, 0, stderr);
    return stdout.trim() === "true";
  }

  for (const version of ["20.10.0", "20.10.24+dfsg1", "26.1.5", "28.5.2", "100.0.0"])
    it(`${version} is supported`, () => {
      assert.ok(supported(version));
    });
  for (const version of ["19.03.15", "18.09.1", "9.1.0", "1.13.1"])
    it(`${version} is too old`, () => {
      assert.ok(!supported(version));
    });
});
