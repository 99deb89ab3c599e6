import assert from "node:assert/strict";
import { bash, type BashRan } from "../../support/bash";

/** Runs a line of shell with scripts/lib/deploy.sh, on a cluster that gives this one answer. */
function shell(line: string, answer: { readonly status?: number; readonly reply?: unknown } = {}): BashRan {
  const script = `set -Eeuo pipefail; shopt -s inherit_errexit lastpipe
    fail() { echo "FAIL $*" >&2; exit 3; }
    cluster() { reply=$REPLY_GIVEN; status=$STATUS_GIVEN; ((status < 400)); }
    . scripts/lib/deploy.sh
    ${line}`;
  const env = { REPLY_GIVEN: JSON.stringify(answer.reply ?? {}), STATUS_GIVEN: String(answer.status ?? 200) };
  const { code, stdout, stderr } = bash(script, { env });
  return { code, stdout: stdout.trim(), stderr: stderr.trim() };
}

describe("how many nodes may fail an update of the ingress", () => {
  /** As swarmkit reckons: failures / workers > max_failure_ratio undoes it, in single precision. */
  const failures = (workers: number): number => {
    const nodes = Array.from({ length: workers }, () => ({ role: "worker", state: "ready" }));
    const ratio = Math.fround(Number(shell(`nodes='${JSON.stringify(nodes)}'; borne worker`).stdout));
    return [0, 1, 2, 3].findLast((failed) => Math.fround(failed / workers) <= ratio) ?? -1;
  };

  it("is one, where two others are left", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 7, 19, 20, 100].map((workers) => failures(workers)),
      [0, 0, 1, 1, 1, 1, 1, 1],
    );
  });
});

describe("how many nodes an update of the ingress takes down at once", () => {
  const tenth = (workers: number, others: readonly object[] = []): number => {
    const worker = { role: "worker", state: "ready" };
    const nodes = [...Array.from({ length: workers }, () => worker), ...others];
    return Number(shell(`nodes='${JSON.stringify(nodes)}'; tenth worker`).stdout);
  };

  it("is one, and a tenth from 20 on, so that there are 19 turns at the most", () => {
    assert.deepEqual(
      [0, 1, 3, 19, 20, 29, 30, 100].map((workers) => tenth(workers)),
      [1, 1, 1, 1, 2, 2, 3, 10],
    );
    for (const workers of [19, 21, 29, 39, 99, 101]) assert.ok(Math.ceil(workers / tenth(workers)) <= 19);
  });

  it("counts the workers that are alive, and no others", () => {
    const others = [
      ...Array.from({ length: 30 }, () => ({ role: "worker", state: "down" })),
      ...Array.from({ length: 30 }, () => ({ role: "registry", state: "ready" })),
      ...Array.from({ length: 30 }, () => ({ role: null, state: "ready" })),
    ];
    assert.equal(tenth(10, others), 1);
  });
});

describe("a network that a stack needs", () => {
  const there = (Subnet?: string): object => ({
    reply: { IPAM: { Config: Subnet === undefined ? null : [{ Subnet }] } },
  });
  const check = "network_fits apps 10.143.240.0/20";

  it("may be missing, or be there in the same size", () => {
    assert.equal(shell(check, { status: 404 }).code, 0);
    assert.equal(shell(check, there("10.143.240.0/20")).code, 0);
    assert.equal(shell(check, there("10.128.16.0/20")).code, 0);
  });

  it("of another size is refused, with the setting that keeps it", () => {
    const { code, stderr } = shell(check, there("10.128.1.0/24"));
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^FAIL the network apps has the range 10\.128\.1\.0\/24 and can't be changed .*write swarm-ha:network\.apps: 24,/,
    );
    assert.equal(shell(check, there()).code, 3);
  });

  it("that can't be asked for is an error", () => {
    assert.match(shell(check, { status: 500, reply: "no leader" }).stderr, /FAIL the cluster can't show its network/);
  });
});
