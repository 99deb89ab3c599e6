import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../cli/paths";
import { ENGINE_VERSION } from "../../../cli/pulumi/version";

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const found = (file: string, pattern: RegExp): string[] =>
  [...read(file).matchAll(pattern)].map(([, text = ""]) => text);

interface Place {
  readonly file: string;
  /** Its group is the version. */
  readonly pattern: RegExp;
}

const workflows = ".github/workflows";

/** Where the repository names the version of the Pulumi engine, which has to be the SDK's. */
const PULUMI: readonly Place[] = [
  { file: "package.json", pattern: /"@pulumi\/pulumi": "([^"]+)"/g },
  { file: "offline/engine/go.mod", pattern: /github\.com\/pulumi\/pulumi\/(?:pkg|sdk)\/v3 v(\S+)/g },
  { file: "offline/language-nodejs/main.ts", pattern: /VERSION = "([^"]+)"/g },
  { file: "dev/bench/growth/dynamic.ts", pattern: /version: "([^"]+)"/g },
  { file: "docs/versions.md", pattern: /^\| Pulumi +\| (\S+)/gm },
  ...readdirSync(join(root, workflows))
    .map((file) => ({ file: `${workflows}/${file}`, pattern: /pulumi-version: (\S+)/g }))
    .filter(({ file, pattern }) => found(file, pattern).length > 0),
];

/** Where the repository names the version of a provider that the offline kit stands in for. */
const PROVIDERS: Readonly<Record<string, readonly Place[]>> = {
  aws: [
    { file: "offline/aws/main.ts", pattern: /version: "([^"]+)"/g },
    { file: "docs/versions.md", pattern: /^\| `@pulumi\/aws` +\| (\S+)/gm },
  ],
  command: [
    { file: "offline/command/main.ts", pattern: /version: "([^"]+)"/g },
    { file: "docs/versions.md", pattern: /^\| `@pulumi\/command` +\| (\S+)/gm },
  ],
  tls: [
    { file: "offline/tls/main.ts", pattern: /version: "([^"]+)"/g },
    { file: "docs/versions.md", pattern: /^\| `@pulumi\/tls` +\| (\S+)/gm },
  ],
};

function assertSame(wanted: string, places: readonly Place[]): void {
  for (const { file, pattern } of places) assert.deepEqual([...new Set(found(file, pattern))], [wanted], file);
}

describe("the versions that several files name", () => {
  it("of the Pulumi engine are the same", () => {
    assert.ok(PULUMI.filter(({ file }) => file.startsWith(workflows)).length >= 4);
    assertSame(ENGINE_VERSION, PULUMI);
  });

  it("of the Pulumi engine are all known to this test", () => {
    const named = ["cli", "components", "config", "dev", "offline", "plan", "policy", ".github"]
      .flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
      )
      .filter((file) => /\.(ts|mjs|cjs|yml)$/.test(file))
      .filter((file) => [`"${ENGINE_VERSION}"`, `: ${ENGINE_VERSION}\n`].some((text) => read(file).includes(text)));
    const known = PULUMI.map(({ file }) => file).filter((file) => /\.(ts|yml)$/.test(file));
    assert.deepEqual(named.sort(), ["cli/pulumi/version.ts", ...known].sort());
  });

  for (const [name, places] of Object.entries(PROVIDERS)) {
    it(`of the provider ${name} are the same`, () => {
      const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Readonly<Record<string, string>> };
      assertSame(dependencies[`@pulumi/${name}`] ?? "none", places);
    });
  }
});
