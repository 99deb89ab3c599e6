import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { LONGEST } from "../../../dev/acceptance/steps";
import { requireThrowaway } from "../../../dev/acceptance/throwaway";
import { shippedStack } from "../../support/stack-config";
import { root } from "../../../cli/paths";

const folder = join(root, ".github/workflows");

const jobSchema = z.object({
  "timeout-minutes": z.number(),
  permissions: z.record(z.string(), z.string()).optional(),
  environment: z.string().optional(),
  if: z.string().optional(),
  steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
});
const workflowSchema = z.object({
  name: z.string(),
  permissions: z.record(z.string(), z.string()),
  on: z.record(z.string(), z.unknown()),
  jobs: z.record(z.string(), jobSchema),
  "run-name": z.string().optional(),
  concurrency: z.object({ group: z.string() }).optional(),
});

const all = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), "utf8");
  return { file, text, workflow: workflowSchema.parse(parse(text)) };
});

/** What actionlint doesn't ask for; `npm run lint` runs that. */
describe("the workflows", () => {
  it("are those that the documentation names", () => {
    assert.deepEqual(all.map(({ file }) => file).sort(), [
      "acceptance.yml",
      "backup.yml",
      "ci.yml",
      "deploy.yml",
      "destroy-test.yml",
      "drift.yml",
      "preview.yml",
    ]);
  });

  for (const { file, text, workflow } of all) {
    describe(file, () => {
      const jobs = Object.values(workflow.jobs);

      it("pins each action by commit, and says which version that is", () => {
        const uses = text.split("\n").filter((line) => /\buses:/.test(line));
        assert.ok(uses.length > 0);
        for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it("begins with the right to read alone, and ends within its time", () => {
        assert.deepEqual(workflow.permissions, { contents: "read" });
        for (const job of jobs) assert.ok(job["timeout-minutes"] <= 90);
      });

      it("puts nothing that others write into a command line", () => {
        for (const { run = "" } of jobs.flatMap((job) => job.steps)) assert.doesNotMatch(run, /\$\{\{/);
      });

      it("holds no secret: the cloud's roles are taken by OIDC", () => {
        assert.doesNotMatch(text, /secrets\.|aws-secret-access-key|pull_request_target/);
      });
    });
  }

  it("give a role in the cloud to pull requests of this repository only, and to no environment without its approval", () => {
    const takesRole = all.filter(({ text }) => text.includes("role-to-assume"));
    assert.ok(takesRole.length >= 3);
    for (const { file, workflow } of takesRole) {
      for (const job of Object.values(workflow.jobs)) {
        if (file === "preview.yml")
          assert.equal(job.if, "github.event.pull_request.head.repo.full_name == github.repository");
        else assert.ok(job.environment !== undefined, file);
      }
    }
  });

  it("that run at night share no group with a deployment: a second pending run of a group cancels the first", () => {
    const groupOf = (file: string): string | undefined =>
      all.find((one) => one.file === file)?.workflow.concurrency?.group;
    assert.equal(groupOf("deploy.yml"), "deploy-${{ inputs.stack }}");
    const nightly = all.filter(({ workflow }) => "schedule" in workflow.on);
    assert.deepEqual(nightly.map(({ file }) => groupOf(file)).sort(), ["backup-prod", "destroy-test", "drift-prod"]);
  });

  it("that wait for deployments find them by their name", () => {
    const name = all.find(({ file }) => file === "deploy.yml")?.workflow["run-name"];
    assert.equal(name, "deploy ${{ inputs.stack }}");
    assert.equal(all.find(({ file }) => file === "acceptance.yml")?.workflow["run-name"], "acceptance");
    for (const file of ["deploy.yml", "acceptance.yml"]) {
      const { workflow } = all.find((one) => one.file === file) ?? {};
      for (const { permissions } of Object.values(workflow?.jobs ?? {})) assert.equal(permissions?.["actions"], "read");
    }
    for (const [file, stack] of [
      ["backup.yml", "prod"],
      ["drift.yml", "prod"],
      ["destroy-test.yml", "test"],
    ] as const) {
      const { text = "", workflow } = all.find((one) => one.file === file) ?? {};
      assert.match(text, new RegExp(`--workflow deploy\\.yml [^]*"deploy ${stack}"`));
      for (const { permissions } of Object.values(workflow?.jobs ?? {})) assert.equal(permissions?.["actions"], "read");
    }
  });

  it("gives the acceptance test the time that it takes at most, on a stack that may go, by hand", () => {
    const { workflow, text } = all.find(({ file }) => file === "acceptance.yml") ?? { text: "" };
    const job = workflow?.jobs["acceptance"];
    // Installing and previewing before, and a step under way that gets two minutes to end.
    assert.ok((job?.["timeout-minutes"] ?? 0) >= LONGEST + 10);
    assert.deepEqual(Object.keys(workflow?.on ?? {}), ["workflow_dispatch"]);
    const stack = /STACK: (\w+)/.exec(text)?.[1] ?? "";
    assert.doesNotThrow(() => {
      requireThrowaway(stack, shippedStack(stack));
    });
  });
});
