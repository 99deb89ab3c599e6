import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";

interface WorkflowStep {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
}

/** The steps of a workflow's only job. */
function stepsOf(file: string): readonly WorkflowStep[] {
  const { jobs } = parse(readFileSync(join(root, ".github/workflows", file), "utf8")) as {
    jobs: Record<string, { steps: WorkflowStep[] }>;
  };
  return Object.values(jobs).flatMap(({ steps }) => steps);
}

/** The step that waits, run as GitHub runs it, with a `gh` that is none and without the time. */
describe("destroy-test.yml", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-destroy-test-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  /** @param busy how often the runs are in progress when they are asked for */
  const wait = (runs: Record<"deploy.yml" | "acceptance.yml", readonly string[]>, busy: number) => {
    for (const [file, titles] of Object.entries(runs))
      writeFileSync(join(folder, file), JSON.stringify(titles.map((displayTitle) => ({ displayTitle }))));
    writeFileSync(join(folder, "minutes"), "");
    program("gh", `if [ "$(wc -c <"$FOLDER/minutes")" -lt ${busy} ]; then cat "$FOLDER/$6"; else echo '[]'; fi`);
    program("sleep", `printf m >>"$FOLDER/minutes"`);
    return ranStep("destroy-test.yml", "Wait for a deployment");
  };

  const ranStep = (workflow: string, step: string) => {
    const { run = "exit 9" } = stepsOf(workflow).find(({ name }) => name === step) ?? {};
    const path = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
    const { code, stdout } = bash(run, {
      options: ["-e"],
      env: { FOLDER: folder, RUNNER_TEMP: folder, REPOSITORY: "a/b", PATH: path },
    });
    return { code, stdout, minutes: readFileSync(join(folder, "minutes"), "utf8").length };
  };

  /**
   * Runs a step that looks for destroys.
   *
   * @param waits how each run's step "Wait for a deployment" ended; empty while it runs
   * @param busy how often the runs are in progress when they are asked for
   */
  const look = (workflow: string, step: string, waits: readonly string[], busy = 99) => {
    writeFileSync(join(folder, "list"), JSON.stringify(waits.map((_, id) => ({ databaseId: id }))));
    for (const [id, conclusion] of waits.entries()) {
      const steps = [
        { name: "Set up job", status: "completed", conclusion: "success" },
        { name: "Wait for a deployment", conclusion },
      ];
      writeFileSync(join(folder, `run-${id}`), JSON.stringify({ jobs: [{ steps }] }));
    }
    writeFileSync(join(folder, "minutes"), "");
    program(
      "gh",
      `if [ "$2" = view ]; then cat "$FOLDER/run-$3"; exit; fi
[ "$6" = destroy-test.yml ] || exit 1
if [ "$(wc -c <"$FOLDER/minutes")" -lt ${busy} ]; then cat "$FOLDER/list"; else echo '[]'; fi`,
    );
    program("sleep", `printf m >>"$FOLDER/minutes"`);
    return ranStep(workflow, step);
  };

  it("waits for a deployment of test and for the acceptance test, and for no other run", () => {
    const nothing = { "deploy.yml": [], "acceptance.yml": [] };
    assert.deepEqual(wait(nothing, 99), { code: 0, stdout: "", minutes: 0 });
    assert.equal(wait({ ...nothing, "deploy.yml": ["deploy prod"] }, 99).minutes, 0);
    assert.deepEqual(wait({ ...nothing, "deploy.yml": ["deploy prod", "deploy test"] }, 3).minutes, 3);
    assert.deepEqual(wait({ ...nothing, "acceptance.yml": ["acceptance"] }, 5).minutes, 5);
  });

  it("has nothing but the credentials between that and the destroy", () => {
    const steps = stepsOf("destroy-test.yml").map(({ name, uses, run }) => name ?? uses?.split("@")[0] ?? run);
    const at = steps.indexOf("Wait for a deployment");
    assert.deepEqual(steps.slice(at + 1, at + 3), [
      "aws-actions/configure-aws-credentials",
      "npm run -s destroy -- test --yes",
    ]);
  });

  it("makes a deployment of test wait once it destroys, and not while it waits itself", () => {
    const deploy = (waits: readonly string[], busy?: number) => look("deploy.yml", "Wait for a destroy", waits, busy);
    assert.deepEqual(deploy([]), { code: 0, stdout: "", minutes: 0 });
    assert.deepEqual(deploy(["", "failure"]), { code: 0, stdout: "", minutes: 0 });
    assert.deepEqual(deploy(["", "success"], 4), { code: 0, stdout: "", minutes: 4 });
    const { code, stdout, minutes } = deploy(["success"]);
    assert.deepEqual([code, minutes], [1, 30]);
    assert.match(stdout, /^::error::nothing was deployed/);
    const step = stepsOf("deploy.yml").find(({ name }) => name === "Wait for a destroy");
    assert.equal(step?.if, "inputs.stack == 'test'");
  });

  it("makes an acceptance test refuse once it destroys", () => {
    const accept = (waits: readonly string[]) => look("acceptance.yml", "Refuse during a destroy", waits);
    assert.equal(accept([]).code, 0);
    assert.equal(accept([""]).code, 0);
    const { code, stdout } = accept(["success"]);
    assert.equal(code, 1);
    assert.match(stdout, /^::error::nothing was created/);
  });

  it("is looked for before the run has the permissions of the cloud", () => {
    for (const [file, step] of [
      ["deploy.yml", "Wait for a destroy"],
      ["acceptance.yml", "Refuse during a destroy"],
    ] as const) {
      const steps = stepsOf(file);
      const at = steps.findIndex(({ name }) => name === step);
      assert.ok(at >= 0 && at < steps.findIndex(({ uses }) => uses?.includes("configure-aws-credentials")), file);
    }
  });

  it("fails after 30 minutes, and destroys nothing", () => {
    const { code, stdout, minutes } = wait({ "deploy.yml": ["deploy test"], "acceptance.yml": [] }, 99);
    assert.deepEqual([code, minutes], [1, 30]);
    assert.match(stdout, /^::error::nothing was destroyed/);
  });
});
