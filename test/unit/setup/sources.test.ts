import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../cli/paths";

/** A module of this clone that says how it was loaded: tsx leaves a trace in the cache of modules, a bundle doesn't. */
const PROGRAM = `const { providerText } = require("./components/dynamic-provider");
console.log(providerText("m", "n").includes("/m"), Object.keys(require.cache).some((file) => file.includes("/tsx/")));`;

describe("cli/sources.cjs", function () {
  this.timeout(60_000);
  let scratch: string;
  const load = (cache: string, ...more: string[]): string =>
    execFileSync(process.execPath, [...more, "--require", "./cli/sources.cjs", "-e", PROGRAM], {
      cwd: root,
      env: { ...process.env, XDG_CACHE_HOME: cache },
      encoding: "utf8",
    }).trim();

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "swarm-ha-sources-"));
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  it("loads TypeScript as a bundle", () => {
    assert.equal(load(scratch), "true false");
    const [bundle = ""] = readdirSync(join(scratch, "swarm-ha/bundles"));
    assert.ok(readdirSync(join(scratch, "swarm-ha/bundles", bundle)).includes("components-dynamic-provider.cjs"));
    assert.equal(load(scratch), "true false");
  });

  it("takes the place of a loader that Node has itself", () => {
    const other = join(scratch, "other.cjs");
    writeFileSync(other, `require("node:module")._extensions[".ts"] = () => { throw new Error("not this one"); };`);
    assert.equal(load(scratch, "--require", other), "true false");
    writeFileSync(join(scratch, "file"), "");
    assert.equal(load(join(scratch, "file"), "--require", other), "true true");
  });

  it("leaves it to tsx where a bundle has no place", () => {
    writeFileSync(join(scratch, "file"), "");
    assert.equal(load(join(scratch, "file")), "true true");
    assert.equal(load(join(scratch, "file"), "--require", "tsx/cjs"), "true true");
  });
});
