import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

describe("the drain of a node that stays", () => {
  it("fails where the node isn't Ready, and changes nothing", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-drain-node-"));
    try {
      for (const [file, text] of Object.entries({ managers: "manager-1 10.0.0.1", hosts: "", drain: "60 fail" })) {
        writeFileSync(path.join(folder, file), `${text}\n`);
      }
      const text = readScript("drain-node")
        .text.replaceAll("/etc/swarm-ha/", `${folder}/`)
        .replaceAll("/run/", `${folder}/`);
      const curl = `curl() { [[ $* == *" GET "* ]] || echo changed >&2; printf '{"Status":{"State":"down"}}\\n200'; }`;
      const input = dataText({ name: "worker-1", nodeId: "id-1", client: { key: "key" } });
      const { code, stderr } = bash(`${curl}\n${text}`, { input });
      assert.equal(code, 1);
      assert.match(stderr, /worker-1 is not Ready \(saw last: down\)/);
      assert.doesNotMatch(stderr, /changed/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a drain", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-drain-"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  interface Drain {
    /** Shell of the check: true once the tasks run elsewhere. */
    readonly check: string;
    readonly timeout?: number;
    readonly onTimeout?: "fail" | "continue";
    /** Lines `until host` of accepted gaps. */
    readonly gaps?: string;
  }

  function drain({ check, timeout = 60, onTimeout = "fail", gaps = "" }: Drain): BashRan {
    writeFileSync(path.join(folder, "gaps"), gaps);
    return bash(`set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
      . <(sed '/^declare -A given/d; /^eval /d' scripts/lib/common.sh)
      gaps_file=${folder}/gaps leaving_folder=${folder}/leaving
      . scripts/lib/drain.sh
      id=id-1 name=worker-1 drain_timeout=${timeout} on_timeout=${onTimeout} deadline=$((SECONDS + ${timeout})) stuck_limit=1
      check() { seen="no suitable node (x)"; ${check}; }
      within_drain "the tasks of worker-1 to run elsewhere" check; echo "on after $SECONDS"`);
  }

  it("ends when the tasks run elsewhere, also after the scheduler was without a node for a moment", () => {
    assert.match(drain({ check: "stuck_since=$SECONDS; ((SECONDS >= 2))" }).stdout, /^on after 2/);
  });

  it("ends early once the scheduler finds no node, and says so", () => {
    const { code, stderr } = drain({ check: "stuck_since=${stuck_since:-$SECONDS}; false" });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the scheduler finds no node for them; saw last: no suitable node \(x\)\. worker-1 gets its availability/,
    );
  });

  it("ends at its limit", () => {
    assert.match(drain({ check: "false", timeout: 1 }).stderr, /waited 1 s \(swarm-ha:drain.timeout\)/);
  });

  it("goes on where the configuration says so, and where the gap was accepted for this host and not long ago", () => {
    const check = "stuck_since=${stuck_since:-$SECONDS}; false";
    assert.match(drain({ check, onTimeout: "continue" }).stdout, /^on after/);
    const soon = String(Math.floor(Date.now() / 1000) + 600);
    assert.match(drain({ check, gaps: `${soon} worker-2\n${soon} worker-1\n` }).stdout, /^on after/);
    assert.equal(drain({ check, gaps: `1000 worker-1\n${soon} worker-10\n` }).code, 1);
    const many = `${soon} worker-1\n${`${soon} worker-2\n`.repeat(20_000)}`;
    assert.match(drain({ check, gaps: many }).stdout, /^on after/, "the first one of many");
  });

  it("knows the nodes that leave with it, and none whose step has ended", () => {
    const { stdout, stderr } = bash(`set -Eeuo pipefail
      . <(sed '/^declare -A given/d; /^eval /d' scripts/lib/common.sh)
      leaving_folder=${folder}/leaving; . scripts/lib/drain.sh
      sleep() { :; }; id=id-1 name=worker-1
      [ "$(leaving)" = "[]" ] || fail "not empty at first"
      leave_together; echo $PPID >$leaving_folder/id-2; (echo $BASHPID) >$leaving_folder/id-3; leaving`);
    assert.deepEqual(JSON.parse(stdout), ["id-1", "id-2"], stderr);
  });
});
