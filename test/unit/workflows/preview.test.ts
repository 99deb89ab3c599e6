import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";
import { hosts, previewText, step, times } from "../review/support";

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const STEPS = ["Preview, under the policies", "Review", "Comment", "Verdict"];

/** The steps that make the comment, run as GitHub runs them, with a `pulumi` and a `gh` that are none. */
describe("preview.yml", () => {
  let folder: string;
  const program = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  /** Whether the job ends well, and the comment that was posted. */
  const job = (pulumi: string): { ok: boolean; comment: string; log: string } => {
    program("pulumi", pulumi);
    const { jobs } = parse(readFileSync(join(root, ".github/workflows/preview.yml"), "utf8")) as {
      jobs: { review: { steps: Step[] } };
    };
    const outputs: Record<string, string> = {};
    let log = "";
    let ok = true;
    for (const name of STEPS) {
      const one = jobs.review.steps.find((candidate) => candidate.name === name);
      assert.ok(one?.run !== undefined, name);
      const env = Object.fromEntries(
        Object.entries(one.env ?? {}).map(([key, value]) => {
          const output = /steps\.(\w+)\.outputs\.code/.exec(value)?.[1];
          return [key, output === undefined ? "7" : (outputs[output] ?? "")];
        }),
      );
      const written = join(folder, `output-${String(STEPS.indexOf(name))}`);
      writeFileSync(written, "");
      const {
        code: exit,
        stdout,
        stderr,
      } = bash(one.run, {
        options: ["-e"],
        env: {
          ...env,
          STACK: "x",
          FOLDER: folder,
          RUNNER_TEMP: folder,
          GITHUB_OUTPUT: written,
          GITHUB_STEP_SUMMARY: join(folder, "summary"),
          PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`,
        },
      });
      log += stdout + stderr;
      const code = /^code=(\d+)$/m.exec(readFileSync(written, "utf8"))?.[1];
      if (one.id !== undefined && code !== undefined) outputs[one.id] = code;
      if (exit !== 0) {
        ok = false;
        break;
      }
    }
    const body = join(folder, "body");
    const posted = existsSync(body) ? (JSON.parse(readFileSync(body, "utf8")) as { body: string }).body : "";
    return { ok, comment: posted, log };
  };
  const previews = (text: string, exit = 0): string => {
    writeFileSync(join(folder, "made.json"), text);
    return `cat "$FOLDER/made.json"; exit ${String(exit)}`;
  };
  const ON_AWS = { "swarm-ha:platform": "aws" };

  before(function () {
    if (spawnSync("jq", ["--version"]).status !== 0) this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-preview-"));
    program("npm", `shift 4; exec ${process.execPath} ${join(root, "cli/run.mjs")} review "$@"`);
    // No comment is there yet; the one that is posted is kept.
    program("gh", 'case "$*" in *POST*) shift 4; cp "$2" "$FOLDER/body" ;; *) echo "[]" ;; esac');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("posts the review of a preview that is fine", () => {
    const { ok, comment, log } = job(previews(previewText(hosts("manager", times(3, "added")), ON_AWS)));
    assert.ok(ok, log);
    assert.match(comment, /^<!-- swarm-ha review of x -->\n/);
    assert.match(comment, /### Availability/);
  });

  it("posts which policy is broken, and fails", () => {
    const open = step("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "in-world", {
      op: "create",
      inputs: { securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: 22, toPort: 22 },
    });
    const text = previewText([...hosts("manager", times(3, "added")), open], ON_AWS);
    const { ok, comment, log } = job(previews(text, 255));
    assert.ok(!ok, "the job went well");
    assert.match(comment, /policy `no-world-for-administrators`: in-world/);
    assert.match(log, /::error::.*policy is broken/);
  });

  it("posts why a preview failed, and fails", () => {
    const diagnostics = [{ severity: "error", message: "error: swarm-ha:zones: got 2 zones" }];
    const { ok, comment } = job(previews(previewText(hosts("manager", times(3, "added")), {}, { diagnostics }), 255));
    assert.ok(!ok, "the job went well");
    assert.match(comment, /^<!-- swarm-ha review of x -->\n[^]*it failed[^]*swarm-ha:zones: got 2 zones/);
  });

  it("posts what was said where there was no preview at all, and fails", () => {
    const { ok, comment } = job('echo "error: no stack named x found" >&2; exit 255');
    assert.ok(!ok, "the job went well");
    assert.match(comment, /it failed[^]*error: no stack named x found/);
  });

  it("doesn't call good what failed for a reason that the preview doesn't say", () => {
    const made = previews(previewText(hosts("manager", times(3, "added")), ON_AWS), 255);
    const { ok, comment } = job(`echo "error: the policy pack can't be loaded" >&2; ${made}`);
    assert.ok(!ok, "the job went well");
    assert.match(comment, /failed all the same[^]*the policy pack can't be loaded/);
  });
});
