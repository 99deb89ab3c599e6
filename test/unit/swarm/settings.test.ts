import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { evaluate } from "../../../cli/cluster/evaluate";
import { readSettings, settingsIn } from "../../../cli/cluster/swarm-settings";
import { planRepair } from "../../../cli/operations/plan-repair";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";
import { found, nodesOf, wanted } from "../cluster/support";

const HOUR = 3600e9;
const STEP = "urn:pulumi:local::swarm-ha::command:remote:Command::swarm-settings";

describe("the step that sets the swarm's settings", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-settings-"));
    const curl = path.join(folder, "curl");
    // Answers GET with a file, keeps what is posted, and refuses as many posts as there are lines in `refusals`.
    writeFileSync(
      curl,
      `#!/bin/bash
for url; do :; done
case $url in
*/swarm) cat >/dev/null; cat "${folder}/swarm.json"; printf '\\n200' ;;
*) if [ -s "${folder}/refusals" ]; then
     cat >/dev/null; sed -i 1d "${folder}/refusals"
     printf '{"message":"rpc error: update out of sequence"}\\n500'
   else cat >"${folder}/posted"; echo "$url" >"${folder}/url"; printf '\\n200'; fi ;;
esac
`,
    );
    chmodSync(curl, 0o755);
    writeFileSync(path.join(folder, "managers"), "manager-1 10.0.0.1\n");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function run(hours: number, now: number, refusals = 0): BashRan & { posted: string | undefined } {
    const Spec = {
      Labels: { mine: "1" },
      CAConfig: { NodeCertExpiry: now * HOUR, ForceRotate: 2 },
      Raft: { X: 10000 },
    };
    writeFileSync(path.join(folder, "swarm.json"), JSON.stringify({ Version: { Index: 12 }, Spec }));
    writeFileSync(path.join(folder, "refusals"), "x\n".repeat(refusals));
    const script = readScript("swarm-settings").text.replaceAll("/etc/swarm-ha/", `${folder}/`);
    const input = dataText({ certificateExpiry: hours, client: { key: "key" } });
    const ran = bash(script, { input, env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` } });
    const posted = path.join(folder, "posted");
    return { ...ran, posted: existsSync(posted) ? readFileSync(posted, "utf8") : undefined };
  }

  it("changes what differs, and nothing else", () => {
    for (const hours of [1, 720, 87_600]) {
      const { code, stdout, stderr, posted = "" } = run(hours, 2160);
      assert.equal(code, 0, stderr);
      // As text: a JSON parser would hide a rounded number.
      assert.ok(posted.includes(`"NodeCertExpiry":${String(BigInt(hours) * 3_600_000_000_000n)}`), posted);
      assert.deepEqual(JSON.parse(posted), {
        Labels: { mine: "1" },
        CAConfig: { NodeCertExpiry: hours * HOUR, ForceRotate: 2 },
        Raft: { X: 10000 },
      });
      assert.match(readFileSync(path.join(folder, "url"), "utf8"), /\/swarm\/update\?version=12$/m);
      assert.deepEqual(JSON.parse(stdout), { certificateExpiry: hours });
    }
  });

  it("sends nothing where nothing differs", () => {
    const { code, posted } = run(2160, 2160);
    assert.deepEqual([code, posted], [0, undefined]);
  });

  it("reads again when somebody else has changed the swarm in the meantime", () => {
    assert.equal(run(720, 2160, 2).code, 0);
  });
});

describe("the status of the swarm's settings", () => {
  const state = (stdout: unknown) => ({
    deployment: { resources: [{ urn: STEP, type: "command:remote:Command", outputs: { stdout } }] },
  });
  const look = (certificateExpiry: number) => {
    const desired = { ...wanted(), settings: { step: STEP, certificateExpiry: 720 } };
    return {
      desired,
      evaluation: evaluate(desired, found(desired, nodesOf(desired), { settings: { certificateExpiry } })),
    };
  };

  it("knows what is wanted by what the step has printed", () => {
    assert.deepEqual(settingsIn(state('{"certificateExpiry":720}')), { step: STEP, certificateExpiry: 720 });
    assert.equal(settingsIn(state(undefined)), undefined);
    assert.equal(settingsIn({}), undefined);
  });

  it("reads them from a manager; Docker's default where there are none", async () => {
    const asked = (CAConfig: object) => readSettings(() => Promise.resolve({ Spec: { CAConfig } }));
    assert.deepEqual(await asked({ NodeCertExpiry: 720 * HOUR }), { certificateExpiry: 720 });
    assert.deepEqual(await asked({}), { certificateExpiry: 2160 });
  });

  it("names a setting that was changed by hand, and a repair sets it again", () => {
    assert.equal(look(720).evaluation.status.healthy, true);
    const { desired, evaluation } = look(24);
    assert.match(evaluation.status.problems.join(), /certificates for 24 h, and swarm-ha:certificateExpiry is 720 h/);
    const { steps } = planRepair({ desired, evaluation, others: [], tried: new Set() });
    assert.deepEqual(
      steps.map((step) => ("redo" in step ? step.redo : step.kind)),
      [[STEP]],
    );
  });
});
