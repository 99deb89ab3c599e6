import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { root } from "../../../cli/paths";

const { hashedFiles } = createRequire(__filename)("../../../cli/bundle.cjs") as {
  readonly hashedFiles: () => string[];
};

describe("what commands and program import", () => {
  const names = readdirSync(join(root, "cli/commands")).flatMap((file) => /^(.*)\.ts$/.exec(file)?.[1] ?? []);
  let metafile: Metafile;

  before(async () => {
    const providers = [
      "components/platform/local/provider/index.ts",
      "components/swarm/ranges-provider.ts",
      "components/registry/login-provider.ts",
    ];
    const files = ["index.ts", ...providers, ...names.map((name) => `cli/commands/${name}.ts`)];
    ({ metafile } = await build({
      absWorkingDir: root,
      bundle: true,
      entryPoints: files,
      metafile: true,
      outdir: "never-written",
      packages: "external",
      platform: "node",
      write: false,
    }));
  });

  it("is not Pulumi's SDK, where it is a command: that takes 1.7 s at each start", () => {
    const found = Object.entries(metafile.outputs).flatMap(([file, { imports }]) =>
      imports.some(({ path }) => path.startsWith("@pulumi/")) ? (/commands\/(.*)\.js$/.exec(file)?.[1] ?? []) : [],
    );
    assert.deepEqual(found, []);
    assert.ok(names.includes("status") && names.includes("pulumi"));
  });

  it("never leads back to where it began: what a module is made of is loaded before it", () => {
    assert.deepEqual(cyclesIn(metafile), []);
    // The search itself: a → b → c → a, and d that only leads there.
    const imports = (...paths: string[]) => ({
      bytes: 0,
      imports: paths.map((path) => ({ path, kind: "import-statement" as const })),
    });
    const found = cyclesIn({
      inputs: { d: imports("a"), a: imports("b"), b: imports("c"), c: imports("a") },
      outputs: {},
    });
    assert.deepEqual(found, ["a → b → c → a"]);
  });

  it("is all in the hash of their bundles", () => {
    const hashed = new Set(hashedFiles());
    const inputs = Object.keys(metafile.inputs);
    assert.deepEqual(
      inputs.filter((file) => !hashed.has(file)),
      [],
    );
    assert.ok(inputs.includes("policy/instance.ts"));
  });
});

/** Cycles of imports, types left out: each as the way back to its first module. */
function cyclesIn({ inputs }: Metafile): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) cycles.push([...way.slice(at), file].join(" → "));
    if (at >= 0 || done.has(file)) return;
    for (const { path, external } of inputs[file]?.imports ?? []) if (external !== true) visit(path, [...way, file]);
    done.add(file);
  };
  for (const file of Object.keys(inputs)) visit(file, []);
  return cycles;
}
