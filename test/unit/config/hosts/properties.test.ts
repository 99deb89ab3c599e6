import assert from "node:assert/strict";
import fc from "fast-check";
import { hostLines } from "../../../../plan/batches";
import { hostsByZone, planHosts } from "../../../../plan/placement";
import { SPARE_WORKER, spareIn } from "../../../../plan/spare";
import { accepted, contract, host, type StackValues } from "./support";

const ZONES = ["rack-1", "rack-2", "rack-3"];

/** Valid inventories in any order: managers and registry hosts over all zones, workers in pools wherever they are. */
const anyStack: fc.Arbitrary<StackValues> = fc
  .record({
    managers: fc.constantFrom(1, 3, 5, 7),
    registries: fc.integer({ min: 1, max: 7 }),
    workers: fc.array(fc.record({ zone: fc.constantFrom(...ZONES), pool: fc.constantFrom(undefined, "web", "db-1") }), {
      maxLength: 9,
    }),
  })
  .chain(({ managers, registries, workers }) => {
    const spread = (role: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ role, zone: ZONES[i % 3] ?? "", pool: undefined }));
    const first = ["rack-1", "rack-2"].map((zone) => ({ zone, pool: undefined }));
    const all = [
      ...spread("manager", managers),
      ...spread("registry", registries),
      ...[...first, ...workers].map((worker) => ({ role: "worker", ...worker })),
    ];
    return fc.shuffledSubarray(all, { minLength: all.length });
  })
  .map((entries) => {
    const values = contract();
    values.hosts.inventory = entries.map(({ role, zone, pool }, i) =>
      host(`host-${String(i)}`, role, zone, i + 1, pool === undefined ? {} : { pool }),
    );
    return values;
  });

describe("any valid inventory", () => {
  it("is the plan, and all counts agree with it", () => {
    fc.assert(
      fc.property(anyStack, (values) => {
        const config = accepted(values);
        const hosts = planHosts(config);
        const { inventory } = values.hosts;
        assert.deepEqual(hosts.map(({ name }) => name).sort(), inventory.map(({ name }) => name).sort());
        const roles = hosts.map(({ role }) => ["manager", "registry", "worker"].indexOf(role));
        assert.deepEqual(roles, [...roles].sort());
        const count = (pool: string): number => hosts.filter((one) => one.pool === pool).length;
        assert.equal(config.managers.count, count("manager"));
        assert.equal(config.registry.replicas, count("registry"));
        const workers = Object.entries(config.workers);
        for (const [pool, settings] of workers) assert.equal(settings.count, count(pool));
        const all =
          config.managers.count + config.registry.replicas + workers.reduce((sum, [, one]) => sum + one.count, 0);
        assert.equal(all, hosts.length);
        for (const zone of ZONES) {
          const here = workers.map(([pool, one]) => hostsByZone(config, { pool, count: one.count }).get(zone) ?? 0);
          const real = hosts.filter((one) => one.role === "worker" && one.zone === zone).length;
          assert.equal(
            here.reduce((a, b) => a + b, 0),
            real,
          );
        }
        assert.equal(hostLines(hosts, config).length, hosts.length);
      }),
      { numRuns: 200 },
    );
  });

  it("has no spare worker", () => {
    const spare = spareIn({ [SPARE_WORKER]: "web@rack-1" });
    assert.throws(() => planHosts(accepted(contract()), spare), /there is no spare worker/);
  });
});
