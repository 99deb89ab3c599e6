import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../../../tools/paths";

/** The benchmark makes a Pulumi program of its own. */
const PROGRAMS = ["bench"];

describe("the commands", () => {
  it("don't load Pulumi's SDK, which takes 1.7 s at each start", async () => {
    const names = readdirSync(join(root, "tools")).flatMap((file) => /^(.*)\.ts$/.exec(file)?.[1] ?? []);
    const { metafile } = await build({
      entryPoints: names.map((name) => join(root, "tools", `${name}.ts`)),
      absWorkingDir: root,
      bundle: true,
      metafile: true,
      outdir: "never-written",
      packages: "external",
      platform: "node",
      write: false,
    });
    const found = Object.entries(metafile.outputs).flatMap(([file, { imports }]) =>
      imports.some(({ path }) => path.startsWith("@pulumi/")) ? (/([^/]*)\.js$/.exec(file)?.[1] ?? []) : [],
    );
    assert.deepEqual(found, PROGRAMS);
    assert.ok(names.includes("status") && names.includes("pulumi"));
  });
});
