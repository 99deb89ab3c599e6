import assert from "node:assert/strict";
import { hostLines, maxUnavailable } from "../../../plan/batches";
import { bash } from "../../support/bash";

const ZONES = ["a", "b", "c"] as const;

/** How a host is. */
interface HostState {
  readonly name: string;
  readonly zone: string;
  readonly pool?: string;
  /** `ready`, `down`; `gone`: the swarm has no such node. @default ready */
  readonly state?: string;
  readonly availability?: string;
  /** Seconds that its global task has run; nothing: it has none. @default an hour */
  readonly runs?: number | null;
  /** Whether the stack wants it. @default yes */
  readonly wanted?: boolean;
  readonly max?: number;
}

function verdict(
  candidate: string,
  hosts: readonly HostState[],
  more: readonly object[] = [],
  leaving: readonly string[] = [],
  absent: readonly string[] = [],
): string {
  const desired = hosts
    .filter(({ wanted = true }) => wanted)
    .map(({ name, zone, pool = "worker", max = 1 }) => ({ name, role: "worker", pool, zone, max }));
  const there = hosts.filter(({ state }) => state !== "gone");
  const nodes = there.map(({ name, zone, pool = "worker", state = "ready", availability = "active" }) => ({
    ID: `id-${name}`,
    Description: { Hostname: name },
    Status: { State: state },
    Spec: {
      Availability: availability,
      Labels: {
        "swarm-ha.role": "worker",
        "swarm-ha.pool": pool,
        "swarm-ha.zone": zone,
        "swarm-ha.identity": `identity-${name}`,
      },
    },
  }));
  const tasks = there.flatMap(({ name, runs = 3600 }) =>
    runs === null
      ? []
      : [
          {
            ServiceID: "ingress",
            NodeID: `id-${name}`,
            Status: { State: "running", Timestamp: new Date(Date.now() - runs * 1000).toISOString() },
          },
        ],
  );
  const ids = JSON.stringify(leaving.map((name) => `id-${name}`));
  const script = `set -euo pipefail; . scripts/lib/turns.sh; batch_verdict "id-${candidate}" '${ids}' '${JSON.stringify(absent)}'`;
  const { code, stdout, stderr } = bash(script, {
    input: [desired, nodes, [...tasks, ...more]].map((part) => JSON.stringify(part)).join("\n"),
  });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const pool = (...changes: Partial<HostState>[]): HostState[] =>
  changes.map((change, i) => ({ name: `worker-${String(i + 1)}`, zone: ZONES[i % 3] ?? "", ...change }));

describe("whose turn it is when an update replaces several hosts of a pool", () => {
  it("is the first one's when all serve", () => {
    assert.equal(verdict("worker-1", pool({}, {}, {})), "ok");
  });

  for (const [what, change] of Object.entries<Partial<HostState>>({
    "has left": { state: "gone" },
    "is drained": { availability: "drain" },
    "has joined and runs no replica of the ingress yet": { runs: null },
    "has run it for less than the load balancer needs to notice": { runs: 3 },
    "is down": { state: "down" },
  })) {
    it(`is nobody's while another one ${what}`, () => {
      assert.match(
        verdict("worker-1", pool({}, change, {})),
        /^wait worker-2 of another zone first has to be in service/,
      );
      const oneZone = pool({}, change, {}).map((host) => ({ ...host, zone: "a" }));
      assert.match(
        verdict("worker-1", oneZone),
        /^wait worker-2 first has to be in service again: of worker at most 1/,
      );
    });
  }

  it("is that of several at once, as far as maxUnavailable goes, and of one zone", () => {
    const six = (...away: number[]): HostState[] =>
      pool({}, {}, {}, {}, {}, {}).map((host, i) => ({
        ...host,
        max: 2,
        ...(away.includes(i) ? { state: "gone" } : {}),
      }));
    assert.equal(verdict("worker-1", six(3)), "ok", "worker-4 is of the same zone");
    assert.match(verdict("worker-2", six(3)), /^wait worker-4 of another zone/);
    const nine = pool({}, {}, {}, {}, {}, {}, {}, {}, {}).map((host, i) => ({
      ...host,
      max: 2,
      ...([3, 6].includes(i) ? { state: "gone" } : {}),
    }));
    assert.match(verdict("worker-1", nine), /^wait worker-4, worker-7 first .*at most 2/);
  });

  it("never lets all of a pool go, whatever maxUnavailable says", () => {
    const two = [
      { name: "worker-1", zone: "a", max: 5 },
      { name: "worker-2", zone: "a", max: 5, state: "gone" },
    ];
    assert.match(verdict("worker-1", two), /^wait worker-2/);
  });

  it("is at once that of one that is dead, drained already, or alone in its pool", () => {
    assert.equal(verdict("worker-1", pool({ state: "down" }, { state: "gone" }, {})), "ok");
    assert.equal(verdict("worker-1", pool({ availability: "drain" }, { state: "gone" }, {})), "ok");
    assert.equal(verdict("worker-1", pool({})), "ok");
  });

  it("doesn't wait for a dead host that an operation goes on without, but for a living one of that name", () => {
    for (const state of ["down", "gone"]) {
      assert.equal(verdict("worker-1", pool({}, { state }, {}), [], [], ["worker-2"]), "ok");
    }
    assert.match(verdict("worker-1", pool({}, { runs: null }, {}), [], [], ["worker-2"]), /^wait worker-2/);
    assert.match(
      verdict("worker-1", pool({}, { state: "down" }, { state: "down" }), [], [], ["worker-2"]),
      /^wait worker-3/,
    );
  });

  it("doesn't ask other pools", () => {
    assert.equal(verdict("worker-1", [...pool({}), { name: "big-1", zone: "b", pool: "big", state: "gone" }]), "ok");
  });

  it("doesn't wait for tasks of a service that runs nowhere, nor for hosts that a service doesn't want", () => {
    const elsewhere = (service: string, node: string, state: string): object => ({
      ServiceID: service,
      NodeID: `id-${node}`,
      Status: { State: state, Timestamp: "2026-01-01T00:00:00Z" },
    });
    const more = [elsewhere("broken", "worker-2", "starting"), elsewhere("constrained", "worker-3", "running")];
    assert.equal(verdict("worker-1", pool({}, {}, {}), more), "ok");
    const late = [...more, elsewhere("constrained", "worker-2", "starting")];
    assert.match(verdict("worker-1", pool({}, {}, {}), late), /^wait worker-2/);
  });

  it("of a removed pool comes when the one in its place serves", () => {
    const renamed = (runs: number | null, state = "ready"): HostState[] => [
      { name: "worker-1", zone: "a", wanted: false },
      { name: "web-1", zone: "a", pool: "web", state },
      { name: "web-2", zone: "b", pool: "web", runs, state },
    ];
    assert.equal(verdict("worker-1", renamed(60)), "ok");
    assert.match(verdict("worker-1", renamed(2)), /^wait web-2 first has to serve/);
    assert.match(verdict("worker-1", renamed(null)), /^wait web-2 first has to serve/);
    assert.match(verdict("worker-1", renamed(60, "gone")), /^wait none of web-1, web-2 is Ready/);
  });

  it("of hosts that are removed together leaves each service two thirds of its tasks", () => {
    const task = (slot: number, node: string, state = "running"): object => ({
      ServiceID: "web",
      Slot: slot,
      NodeID: `id-${node}`,
      Status: { State: state, Timestamp: "2026-01-01T00:00:00Z" },
    });
    const old = (name: string, availability = "active"): HostState => ({
      name,
      zone: "a",
      wanted: false,
      availability,
    });
    const hosts = (first: string): HostState[] => [
      old("worker-1", first),
      old("worker-2"),
      old("worker-3"),
      ...pool({}, {}, {}).map((host, i) => ({ ...host, name: `web-${i + 1}`, pool: "web" })),
    ];
    const spread = [task(2, "worker-2"), task(3, "worker-3")];
    const leaving = ["worker-1", "worker-2", "worker-3"];
    const ask = (first: string, ...more: object[]): string => verdict("worker-2", hosts(first), more, leaving);
    assert.equal(ask("active", task(1, "worker-1"), ...spread), "ok", "the first one");
    const waits = /^wait tasks of worker-1 first have to run elsewhere/;
    assert.match(ask("drain", task(1, "web-1", "preparing"), ...spread), waits);
    assert.equal(ask("drain", task(1, "web-1"), ...spread), "ok");
    assert.equal(ask("drain", task(1, "web-1", "preparing"), task(3, "worker-3")), "ok", "none of its tasks");
    assert.equal(ask("drain", task(1, "worker-2")), "ok", "a service of one task has to stop");
    const maintained = verdict("worker-2", hosts("drain"), [task(1, "web-1", "preparing"), ...spread], ["worker-2"]);
    assert.equal(maintained, "ok", "worker-1 is drained by somebody else");
  });

  it("of one that goes for good doesn't wait for the dead", () => {
    const scaledDown = [...pool({}, { state: "down" }, {}), { name: "worker-4", zone: "a", wanted: false }];
    assert.equal(verdict("worker-4", scaledDown), "ok");
  });
});

describe("how many hosts of a pool may be away", () => {
  it("is a third, at least one, and never all", () => {
    assert.deepEqual(
      [1, 2, 3, 5, 6, 30].map((count) => maxUnavailable(undefined, count)),
      [1, 1, 1, 1, 2, 10],
    );
    assert.deepEqual([maxUnavailable(5, 3), maxUnavailable(2, 3), maxUnavailable(7, 1)], [2, 2, 1]);
  });

  it("stands in the bastion's file, a line for each host", () => {
    const host = (name: string, role: "worker" | "registry", group: string) => ({ name, role, pool: group, zone: "a" });
    const hosts = [
      host("registry-1", "registry", "registry"),
      host("web-1", "worker", "web"),
      host("web-2", "worker", "web"),
    ];
    const config = { registry: { replicas: 1 }, workers: { web: { count: 2, labels: {}, maxUnavailable: 1 } } };
    assert.deepEqual(hostLines(hosts, config), [
      "registry-1 registry registry a 1",
      "web-1 worker web a 1",
      "web-2 worker web a 1",
    ]);
  });
});
