import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../tools/paths";

describe("npm run destroy", () => {
  it("doesn't destroy what isn't local without a yes, if there is nobody to ask", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-destroy-"));
    try {
      writeFileSync(join(folder, "Pulumi.far.yaml"), "config:\n  swarm-ha:platform: aws\n");
      // With nothing on PATH and no cache it could not get further, should it try to.
      const env = { HOME: folder, XDG_CACHE_HOME: folder, PATH: folder, SWARM_HA_CONFIG_DIR: folder };
      const args = ["--require", "tsx/cjs", join(root, "tools/destroy.ts"), "far"];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });
      assert.equal(status, 1);
      assert.match(stderr, /Nothing was removed.*npm run destroy -- far --yes/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
