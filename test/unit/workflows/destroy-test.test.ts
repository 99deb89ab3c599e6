import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "../../../cli/paths";
import { bash } from "../../support/bash";

/** The step that waits, run as GitHub runs it, with a `gh` that is none and without the time. */
describe("destroy-test.yml", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-destroy-test-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param busy how often the runs are in progress when they are asked for */
  const wait = (runs: Record<"deploy.yml" | "acceptance.yml", readonly string[]>, busy: number) => {
    const program = (name: string, text: string): void => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    for (const [file, titles] of Object.entries(runs))
      writeFileSync(join(folder, file), JSON.stringify(titles.map((displayTitle) => ({ displayTitle }))));
    writeFileSync(join(folder, "minutes"), "");
    program("gh", `if [ "$(wc -c <"$FOLDER/minutes")" -lt ${busy} ]; then cat "$FOLDER/$6"; else echo '[]'; fi`);
    program("sleep", `printf m >>"$FOLDER/minutes"`);
    const { jobs } = parse(readFileSync(join(root, ".github/workflows/destroy-test.yml"), "utf8")) as {
      jobs: { destroy: { steps: { name?: string; run?: string }[] } };
    };
    const { run = "exit 9" } = jobs.destroy.steps.find(({ name }) => name === "Wait for a deployment") ?? {};
    const path = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
    const { code, stdout } = bash(run, {
      options: ["-e"],
      env: { FOLDER: folder, RUNNER_TEMP: folder, REPOSITORY: "a/b", PATH: path },
    });
    return { code, stdout, minutes: readFileSync(join(folder, "minutes"), "utf8").length };
  };

  it("waits for a deployment of test and for the acceptance test, and for no other run", () => {
    const nothing = { "deploy.yml": [], "acceptance.yml": [] };
    assert.deepEqual(wait(nothing, 99), { code: 0, stdout: "", minutes: 0 });
    assert.equal(wait({ ...nothing, "deploy.yml": ["deploy prod"] }, 99).minutes, 0);
    assert.deepEqual(wait({ ...nothing, "deploy.yml": ["deploy prod", "deploy test"] }, 3).minutes, 3);
    assert.deepEqual(wait({ ...nothing, "acceptance.yml": ["acceptance"] }, 5).minutes, 5);
  });

  it("fails after 30 minutes, and destroys nothing", () => {
    const { code, stdout, minutes } = wait({ "deploy.yml": ["deploy test"], "acceptance.yml": [] }, 99);
    assert.deepEqual([code, minutes], [1, 30]);
    assert.match(stdout, /^::error::nothing was destroyed/);
  });
});
