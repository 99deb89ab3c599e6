import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { root } from "../../../cli/paths";
import { chooseSuites } from "../../../dev/suites";

const read = (file: string): string => readFileSync(join(root, file), "utf8");

const ciSchema = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      strategy: z.object({ matrix: z.object({ node: z.array(z.number()) }) }).optional(),
      steps: z.array(z.object({ run: z.string().default("") })),
    }),
  ),
});

describe("ci.yml", () => {
  const { jobs } = ciSchema.parse(parse(read(".github/workflows/ci.yml")));
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run }) => run));

  it("runs each suite of `npm test` in one job", () => {
    const suites = runs.flatMap((run) => /^npm test -- (.+)$/.exec(run)?.[1]?.split(" ") ?? []);
    assert.deepEqual(
      suites.sort(),
      chooseSuites([])
        .suites.map(({ name }) => name)
        .sort(),
    );
  });

  it("lints once", () => {
    assert.equal(runs.filter((run) => /lint|eslint|prettier|tsc|shellcheck|\.ci\/run/.test(run)).length, 1);
  });

  it("tests on the oldest Node that package.json promises, and on later ones", () => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const [oldest, ...later] = jobs["unit"]?.strategy?.matrix.node ?? [];
    assert.equal(engines.node, `>=${String(oldest)}`);
    assert.ok(later.length > 0);
  });
});

describe("dependabot.yml", () => {
  const updatesSchema = z.object({
    updates: z.array(
      z.object({
        "package-ecosystem": z.string(),
        directory: z.string().optional(),
        directories: z.array(z.string()).optional(),
        groups: z.record(z.string(), z.unknown()),
      }),
    ),
  });
  const { updates } = updatesSchema.parse(parse(read(".github/dependabot.yml")));

  it("covers npm, actions and every Go module of the offline kit", () => {
    const folders = Object.fromEntries(
      updates.map((update) => [update["package-ecosystem"], update.directories ?? [update.directory]]),
    );
    const files = readdirSync(join(root, "offline"), { recursive: true, encoding: "utf8" });
    const modules = files.filter((file) => basename(file) === "go.mod").map((file) => `/offline/${dirname(file)}`);
    assert.deepEqual(folders, { npm: ["/"], "github-actions": ["/"], gomod: modules.sort() });
  });
});
