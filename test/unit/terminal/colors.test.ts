import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { root } from "../../../cli/paths";

describe("colours", () => {
  it("are not written into a file, also in CI", () => {
    const script = 'const { colors } = require("./cli/terminal/colors"); process.stdout.write(colors.red("text"));';
    const args = ["--import", "tsx", "-e", script];
    const env = { ...process.env, CI: "true", FORCE_COLOR: undefined };
    assert.equal(execFileSync(process.execPath, args, { cwd: root, env, encoding: "utf8" }), "text");
  });
});
