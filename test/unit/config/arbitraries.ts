import fc from "fast-check";
import { zones } from "./support";

/** Zones of a tier or pool, from those that exist and one that doesn't; most often left out. */
function tierZones(all: readonly string[]): fc.Arbitrary<{ zones?: string[] }> {
  const some = fc.array(fc.constantFrom(...all, "zone-x"), { minLength: 1, maxLength: 4 });
  const known = fc.shuffledSubarray([...all], { minLength: 1 });
  const list = fc.oneof(
    { weight: 12, arbitrary: fc.constant({}) },
    { weight: 5, arbitrary: known.map((zones) => ({ zones })) },
  );
  return fc.oneof({ weight: 40, arbitrary: list }, { weight: 1, arbitrary: some.map((zones) => ({ zones })) });
}

function pools(all: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const pool = fc.tuple(fc.integer({ min: 0, max: 9 }), tierZones(all)).map(([count, own]) => ({ count, ...own }));
  const name = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom("worker", "web", "db", "gpu") },
    { weight: 1, arbitrary: fc.constantFrom("web-1", "lb", "Web") },
  );
  return fc.dictionary(name, pool, { maxKeys: 3 });
}

/** Configurations of local stacks, good and bad ones: about a third of them is accepted. */
export const anyConfig: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(fc.constantFrom(1, 2, 3, 3, 3, 4, 5, 6, 7), fc.nat(19))
  .chain(([zoneCount, twice]) => {
    const all = zones(zoneCount);
    return fc.record({
      platform: fc.constant("local"),
      zones: fc.constant(twice === 0 ? [...all, "zone-a"] : all),
      managers: fc
        .tuple(
          fc.oneof({ weight: 9, arbitrary: fc.constantFrom(1, 3, 5, 7) }, fc.integer({ min: 0, max: 9 })),
          tierZones(all),
        )
        .map(([count, own]) => ({ count, ...own })),
      registry: fc
        .tuple(fc.integer({ min: 1, max: 7 }), tierZones(all))
        .map(([replicas, own]) => ({ replicas, ...own })),
      workers: pools(all),
      network: fc.integer({ min: 18, max: 24 }).map((prefix) => ({ hosts: `10.64.0.0/${prefix}` })),
    });
  });
