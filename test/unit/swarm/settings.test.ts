import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { DockerCall } from "../../../cli/cluster/docker-api";
import { evaluate } from "../../../cli/cluster/evaluate";
import { digestOf, readSettings, settingsIn, unlockKeyIn } from "../../../cli/cluster/swarm-settings";
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
*/nodes) cat >/dev/null; cat "${folder}/nodes.json"; printf '\\n200' ;;
*/unlockkey) cat >/dev/null; printf '{"UnlockKey":"SWMKEY-1-new"}\\n200' ;;
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

  /** @param autolock the configuration's @param own more of the swarm's settings */
  function run(
    hours: number,
    now: number,
    { refusals = 0, autolock, own = {} }: { refusals?: number; autolock?: boolean; own?: object } = {},
  ): BashRan & { posted: string | undefined } {
    const Spec = {
      Labels: { mine: "1" },
      CAConfig: { NodeCertExpiry: now * HOUR, ForceRotate: 2 },
      Raft: { X: 10000 },
      ...own,
    };
    writeFileSync(path.join(folder, "swarm.json"), JSON.stringify({ Version: { Index: 12 }, Spec }));
    writeFileSync(path.join(folder, "refusals"), "x\n".repeat(refusals));
    const script = readScript("swarm-settings").text.replaceAll("/etc/swarm-ha/", `${folder}/`);
    const input = dataText({
      certificateExpiry: hours,
      ...(autolock === undefined ? {} : { autolock }),
      client: { key: "key" },
    });
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

  const on = { EncryptionConfig: { AutoLockManagers: true } };
  const marked = { Labels: { mine: "1", "swarm-ha.autolock": "true" } };
  const members = (...reachability: string[]): void => {
    const nodes = reachability.map((Reachability, i) => ({
      Description: { Hostname: `manager-${String(i + 1)}` },
      Status: { State: "ready" },
      ManagerStatus: { Reachability },
    }));
    writeFileSync(path.join(folder, "nodes.json"), JSON.stringify([...nodes, { Status: { State: "down" } }]));
  };

  it("turns autolock on, with a label that says who did it, and prints the key", () => {
    const { code, stdout, stderr, posted = "" } = run(720, 720, { autolock: true });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(posted), {
      ...{ CAConfig: { NodeCertExpiry: 720 * HOUR, ForceRotate: 2 }, Raft: { X: 10000 } },
      ...{ ...on, ...marked },
    });
    assert.deepEqual(JSON.parse(stdout), { certificateExpiry: 720, autolock: true, unlockKey: "SWMKEY-1-new" });
    assert.ok(!stderr.includes("SWMKEY"));
    // Again: nothing is sent, and the key is read.
    const again = run(720, 720, { autolock: true, own: { ...on, ...marked } });
    assert.deepEqual([again.posted === posted, again.stdout], [true, stdout]);
  });

  it("turns autolock off where the configuration says so, and where it has turned it on itself", () => {
    members("reachable", "reachable", "reachable");
    for (const autolock of [false, undefined]) {
      const {
        code,
        stdout,
        stderr,
        posted = "",
      } = run(720, 720, {
        own: { ...on, ...marked },
        ...(autolock === undefined ? {} : { autolock }),
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual((JSON.parse(posted) as { EncryptionConfig: unknown }).EncryptionConfig, {
        AutoLockManagers: false,
      });
      assert.deepEqual((JSON.parse(posted) as { Labels: unknown }).Labels, { mine: "1" });
      assert.deepEqual(JSON.parse(stdout), { certificateExpiry: 720, ...(autolock === false ? { autolock } : {}) });
    }
  });

  it("leaves autolock alone that was turned on by hand, unless the configuration has the key", () => {
    members("reachable");
    assert.equal(run(720, 720, { own: on }).posted, undefined);
    assert.match(run(720, 720, { own: on, autolock: false }).posted ?? "", /"AutoLockManagers":false/);
  });

  it("doesn't turn autolock off while a manager is away, which would stay locked", () => {
    members("reachable", "unreachable", "reachable");
    const { code, stderr, posted } = run(720, 720, { own: { ...on, ...marked }, autolock: false });
    assert.deepEqual([code, posted], [1, undefined]);
    assert.match(
      stderr,
      /autolock isn't turned off.*stay locked: manager-2 is unreachable as a manager\. Run first: npm run repair/,
    );
  });

  it("ends at once where the majority of the managers is locked", () => {
    writeFileSync(
      path.join(folder, "curl"),
      `#!/bin/bash\ncat >/dev/null\nprintf '{"message":"Swarm is encrypted and needs to be unlocked before it can be used."}\\n503'\n`,
    );
    const begun = Date.now();
    const { code, stderr } = run(720, 2160);
    assert.equal(code, 1);
    assert.match(stderr, /1 of 1 managers are locked \(autolock\).*Unlock them: npm run repair -- <stack>/);
    assert.ok(Date.now() - begun < 5000);
  });

  it("reads again when somebody else has changed the swarm in the meantime", () => {
    assert.equal(run(720, 2160, { refusals: 2 }).code, 0);
  });
});

describe("the status of the swarm's settings", () => {
  const state = (stdout: unknown) => ({
    deployment: { resources: [{ urn: STEP, type: "command:remote:Command", outputs: { stdout } }] },
  });
  const look = (
    live: { certificateExpiry: number; autolock?: boolean; unlockKey?: string },
    own: { autolock?: boolean; unlockKey?: string } = {},
  ) => {
    const desired = { ...wanted(), settings: { step: STEP, certificateExpiry: 720, ...own } };
    const settings = { autolock: false, ...live };
    return { desired, evaluation: evaluate(desired, found(desired, nodesOf(desired), { settings })) };
  };

  it("knows what is wanted by what the step has printed", () => {
    assert.deepEqual(settingsIn(state('{"certificateExpiry":720}')), { step: STEP, certificateExpiry: 720 });
    assert.equal(settingsIn(state(undefined)), undefined);
    assert.equal(settingsIn({}), undefined);
  });

  it("reads them from a manager; Docker's default where there are none", async () => {
    const asked = (CAConfig: object) => readSettings(() => Promise.resolve({ Spec: { CAConfig } }));
    assert.deepEqual(await asked({ NodeCertExpiry: 720 * HOUR }), { certificateExpiry: 720, autolock: false });
    assert.deepEqual(await asked({}), { certificateExpiry: 2160, autolock: false });
  });

  it("knows the unlock key, and compares no more than its digest", async () => {
    const printed = state('{"certificateExpiry":720,"autolock":true,"unlockKey":"SWMKEY-1-x"}');
    const wants = { step: STEP, certificateExpiry: 720, autolock: true, unlockKey: digestOf("SWMKEY-1-x") };
    assert.deepEqual(settingsIn(printed), wants);
    assert.equal(unlockKeyIn(printed), "SWMKEY-1-x");
    const call: DockerCall = (_method, at) =>
      Promise.resolve(
        at === "/swarm" ? { Spec: { EncryptionConfig: { AutoLockManagers: true } } } : { UnlockKey: "SWMKEY-1-x" },
      );
    assert.deepEqual(await readSettings(call), {
      ...{ certificateExpiry: 2160, autolock: true, unlockKey: digestOf("SWMKEY-1-x") },
    });
  });

  it("names autolock and an unlock key that were changed by hand; a repair runs the step again", () => {
    const cases = [
      [{ autolock: false }, { autolock: true, unlockKey: "a" }, /Autolock is off, and swarm-ha:autolock is true/],
      [{ autolock: true, unlockKey: "a" }, { autolock: false }, /Autolock is on, and swarm-ha:autolock is false/],
      [{ autolock: true, unlockKey: "b" }, { autolock: true, unlockKey: "a" }, /another unlock key than the stack's/],
    ] as const;
    for (const [live, own, text] of cases) {
      const { evaluation } = look({ certificateExpiry: 720, ...live }, own);
      assert.match(evaluation.status.problems.join(), text);
      assert.deepEqual(
        evaluation.problems.map(({ redo }) => redo),
        [STEP],
      );
    }
    // By hand, and not configured.
    assert.equal(look({ certificateExpiry: 720, autolock: true, unlockKey: "a" }).evaluation.status.healthy, true);
    const same = { autolock: true, unlockKey: "a" };
    assert.equal(look({ certificateExpiry: 720, ...same }, same).evaluation.status.healthy, true);
  });

  it("names a setting that was changed by hand, and a repair sets it again", () => {
    assert.equal(look({ certificateExpiry: 720 }).evaluation.status.healthy, true);
    const { desired, evaluation } = look({ certificateExpiry: 24 });
    assert.match(evaluation.status.problems.join(), /certificates for 24 h, and swarm-ha:certificateExpiry is 720 h/);
    const { steps } = planRepair({ desired, evaluation, others: [], tried: new Set() });
    assert.deepEqual(
      steps.map((step) => ("redo" in step ? step.redo : step.kind)),
      [[STEP]],
    );
  });
});
