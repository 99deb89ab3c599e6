import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
}

/** What a call of GitHub's API carried. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: { readonly title?: string; readonly body?: string; readonly state?: string };
}

/** The steps that keep the issue, run as GitHub runs them, with an `npm` and a `gh` that are none. */
describe("drift.yml", () => {
  let folder: string;
  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  /** Runs the job. @returns whether it ends well, and the one change of an issue */
  const job = (
    code: number,
    drift: object,
    issues: object[] = [],
    runs: object[] = [],
  ): { ok: boolean; call?: Call } => {
    writeFileSync(
      join(folder, "made.json"),
      JSON.stringify({ stack: "prod", differences: [], notCompared: [], ...drift }),
    );
    writeFileSync(join(folder, "issues.json"), JSON.stringify(issues));
    writeFileSync(join(folder, "deployments.json"), JSON.stringify(runs));
    program("npm", `cat "$FOLDER/made.json"; exit ${String(code)}`);
    const { jobs } = parse(readFileSync(join(root, ".github/workflows/drift.yml"), "utf8")) as {
      jobs: { drift: { steps: Step[] } };
    };
    const written = join(folder, "output");
    writeFileSync(written, "");
    let ok = true;
    for (const name of ["Drift", "Issue", "Verdict"]) {
      const step = jobs.drift.steps.find((one) => one.name === name);
      const run = step?.run ?? "exit 9";
      const [, told = ""] = /^code=(\w+)$/m.exec(readFileSync(written, "utf8")) ?? [];
      if (step?.if !== undefined) {
        assert.equal(step.if, "steps.drift.outputs.code != 'skipped'");
        if (told === "skipped") continue;
      }
      const env = {
        ...{
          CODE: told,
          STACK: "prod",
          REPOSITORY: "a/b",
          FOLDER: folder,
          RUNNER_TEMP: folder,
          GITHUB_OUTPUT: written,
        },
        ...{ GITHUB_STEP_SUMMARY: join(folder, "summary"), PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
      };
      const ran = bash(run, { options: ["-e"], env });
      if (ran.code !== 0) {
        ok = false;
        break;
      }
    }
    const call = join(folder, "call");
    if (!existsSync(call)) return { ok };
    const [method = "", path = ""] = readFileSync(call, "utf8").trim().split(" ");
    return { ok, call: { method, path, body: JSON.parse(readFileSync(join(folder, "body"), "utf8")) as Call["body"] } };
  };
  const difference = { kind: "labels", hosts: ["worker-1"], text: "worker-1 lacks a label", repair: true };
  const issue = { number: 7, body: "<!-- swarm-ha drift of prod -->\nold" };

  before(function () {
    if (spawnSync("jq", ["--version"]).status !== 0) this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-drift-"));
    // gh run list …; gh api PATH; gh api --method M PATH --input FILE
    program(
      "gh",
      'case "$*" in "run list"*) cat "$FOLDER/deployments.json" ;; *--method*) echo "$3 $4" >"$FOLDER/call"; cp "$6" "$FOLDER/body" ;; *) cat "$FOLDER/issues.json" ;; esac',
    );
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("opens one issue, with what repair fixes and what it doesn't", () => {
    const other = { ...difference, text: "another image", repair: false };
    const others = [
      { number: 3, body: "of somebody" },
      { ...issue, pull_request: {} },
      { number: 4, body: null },
    ];
    const { ok, call } = job(1, { differences: [difference, other] }, others);
    assert.ok(ok);
    assert.deepEqual(
      [call?.method, call?.path, call?.body.title],
      ["POST", "repos/a/b/issues", "Drift of the stack prod"],
    );
    assert.match(
      call?.body.body ?? "",
      /^<!-- swarm-ha drift of prod -->\n[^]*fixes:\n\n- worker-1 lacks a label\n[^]*not fix:\n\n- another image$/m,
    );
  });

  it("updates the issue that is open, and closes it when nothing differs any more", () => {
    const updated = job(1, { differences: [difference] }, [issue]);
    assert.deepEqual([updated.call?.method, updated.call?.path], ["PATCH", "repos/a/b/issues/7"]);
    assert.equal(updated.call?.body.state, undefined);
    const { call } = job(0, {}, [issue]);
    assert.deepEqual([call?.method, call?.path, call?.body.state], ["PATCH", "repos/a/b/issues/7", "closed"]);
  });

  it("compares nothing while a deployment of the stack is in progress, and leaves the issue as it is", () => {
    const drift = { differences: [difference] };
    assert.deepEqual(job(1, drift, [issue], [{ displayTitle: "deploy prod" }]), { ok: true });
    assert.equal(job(1, drift, [issue], [{ displayTitle: "deploy test" }]).call?.method, "PATCH");
  });

  it("leaves GitHub alone when nothing differs", () => {
    assert.deepEqual(job(0, {}), { ok: true });
  });

  it("fails, with an issue, when the stack couldn't be compared", () => {
    const { ok, call } = job(2, { notCompared: ["no manager answers"] });
    assert.equal(ok, false);
    assert.match(call?.body.body ?? "", /Not compared:\n\n- no manager answers/);
  });
});
