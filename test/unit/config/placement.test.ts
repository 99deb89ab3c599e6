import assert from "node:assert/strict";
import fc from "fast-check";
import { planHosts, spread, type HostSpec } from "../../../plan/placement";
import { SPARE_WORKER, spareIn, spareText } from "../../../plan/spare";
import { accepted, zones } from "./support";

const nat = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Hosts of a stack with so many workers in its two pools and so many managers. */
function plan(workers: number, gpu: number, managers = 3): HostSpec[] {
  return planHosts(
    accepted({ managers: { count: managers }, workers: { worker: { count: workers }, gpu: { count: gpu } } }),
  );
}

describe("placement", () => {
  it("puts the default stack's nine hosts one of each tier into each zone", () => {
    const hosts = planHosts(accepted());
    assert.deepEqual(
      hosts.map(({ name, role, zone, pool, address }) => [name, role, zone, pool, address]),
      [
        ["manager-1", "manager", "zone-a", "manager", "10.210.2.8"],
        ["manager-2", "manager", "zone-b", "manager", "10.210.4.9"],
        ["manager-3", "manager", "zone-c", "manager", "10.210.6.10"],
        ["registry-1", "registry", "zone-a", "registry", "10.210.2.16"],
        ["registry-2", "registry", "zone-b", "registry", "10.210.4.17"],
        ["registry-3", "registry", "zone-c", "registry", "10.210.6.18"],
        ["worker-1", "worker", "zone-a", "worker", undefined],
        ["worker-2", "worker", "zone-b", "worker", undefined],
        ["worker-3", "worker", "zone-c", "worker", undefined],
      ],
    );
  });

  it("spreads managers as the reference architecture does", () => {
    const counts = [3, 5, 7].map((count) => [...spread(count, zones(3)).values()]);
    assert.deepEqual(counts, [
      [1, 1, 1],
      [2, 2, 1],
      [3, 2, 2],
    ]);
  });

  it("follows a tier's or pool's own zones in their order", () => {
    const config = accepted({
      registry: { replicas: 2, zones: ["zone-c", "zone-b"] },
      workers: { web: { count: 3, labels: { a: "b" }, zones: ["zone-b", "zone-a"] } },
    });
    const hosts = planHosts(config).filter((host) => host.role !== "manager");
    assert.deepEqual(
      hosts.map(({ name, zone }) => `${name} ${zone}`),
      ["registry-1 zone-c", "registry-2 zone-b", "web-1 zone-b", "web-2 zone-a", "web-3 zone-b"],
    );
    assert.deepEqual(
      hosts.map(({ labels }) => labels),
      [{}, {}, { a: "b" }, { a: "b" }, { a: "b" }],
    );
  });

  it("adds a spare worker as the last of its pool, in the zone that it is asked for, and moves nobody", () => {
    const config = accepted({ workers: { web: { count: 2, labels: { a: "b" } }, gpu: { count: 1 } } });
    const spare = spareIn({ [SPARE_WORKER]: spareText({ pool: "web", zone: "zone-a" }) });
    const [before, hosts] = [planHosts(config), planHosts(config, spare)];
    const added = hosts.filter((host) => !before.some(({ name }) => name === host.name));
    assert.deepEqual(added, [{ name: "web-3", role: "worker", zone: "zone-a", pool: "web", labels: { a: "b" } }]);
    assert.deepEqual(
      hosts.filter((host) => !added.includes(host)),
      before,
    );
    assert.deepEqual(planHosts(config, spareIn({ [SPARE_WORKER]: spareText(undefined) })), before);
    assert.throws(() => spareIn({ [SPARE_WORKER]: "web" }), /SWARM_HA_SPARE_WORKER is 'web'; write <pool>@<zone>/);
  });

  it("keeps zones within one host of each other", () => {
    fc.assert(
      fc.property(nat(0, 200), nat(1, 7), (count, zoneCount) => {
        const counts = [...spread(count, zones(zoneCount)).values()];
        return Math.max(...counts) - Math.min(...counts) <= 1 && counts.reduce((a, b) => a + b) === count;
      }),
    );
  });

  it("moves nobody when pools or managers grow or shrink", () => {
    fc.assert(
      fc.property(
        nat(1, 60),
        nat(0, 20),
        nat(1, 60),
        nat(0, 20),
        fc.constantFrom(3, 5, 7),
        (w1, g1, w2, g2, managers) => {
          fc.pre(w1 + g1 > 3 && w2 + g2 > 3 && w1 > 1 && w2 > 1);
          const before = new Map(plan(w1, g1).map((host) => [host.name, host]));
          const after = plan(w2, g2, managers);
          for (const host of after) if (before.has(host.name)) assert.deepEqual(host, before.get(host.name));
        },
      ),
    );
  });
});
