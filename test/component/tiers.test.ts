import assert from "node:assert/strict";
import { Ingress } from "../../components/ingress";
import { Registry } from "../../components/registry";
import { answer, SECRET } from "../support/answers";
import { fakeSwarm } from "../support/fake-swarm";
import { record, type Registered } from "../support/recording-mocks";

/** Registry and ingress on a swarm, as index.ts lays them. */
function run(overrides: Record<string, unknown> = {}, preview = false): Promise<Registered[]> {
  return record(
    () => {
      const { config, platform, pki, swarm } = fakeSwarm(overrides);
      const registry = new Registry("registry", { platform, swarm, certificate: pki.registry, ca: pki.ca });
      return new Ingress("ingress", { config, platform, pki, swarm, registry });
    },
    { stack: "unit", preview, answer },
  );
}

describe("the graph of the tiers on a swarm", () => {
  let resources: Registered[];
  const named = (name: string, among = resources): Registered => {
    const found = among.find((resource) => resource.name === name);
    assert.ok(found, `no resource is called ${name}`);
    return found;
  };
  const dependsOn = (later: string, earlier: string): boolean => named(later).dependencies.includes(named(earlier).urn);

  before(async () => {
    resources = await run();
  });

  it("goes nodes → registry and ingress, which are rolled at the same time when both change", () => {
    for (const n of [1, 2, 3]) {
      assert.ok(dependsOn("stack-registry", `node-registry-${String(n)}`));
      assert.ok(dependsOn("stack-ingress", `node-worker-${String(n)}`));
    }
    assert.ok(!dependsOn("stack-ingress", "stack-registry"));
    assert.ok(!dependsOn("stack-registry", "stack-ingress"));
  });

  it("has the same resources in a preview", async () => {
    const names = (all: readonly Registered[]): string[] => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(await run({}, true)), names(resources));
  });

  it("sends what is secret on standard input alone, as a secret", () => {
    for (const name of ["stack-registry", "stack-ingress"]) {
      const { stdin, ...rest } = named(name).inputs;
      assert.ok(JSON.stringify(stdin).includes(SECRET), `${name}'s input is no secret`);
      const shown = JSON.stringify([rest["create"], rest["delete"], rest["triggers"]]);
      assert.doesNotMatch(shown, /PRIVATE KEY|\$2[aby]\$/);
    }
  });

  it("leaves both alone when a worker is added, which gets its ingress by being one", async () => {
    const grown = await run({ workers: { worker: { count: 4 } } });
    for (const name of ["stack-registry", "stack-ingress"]) {
      assert.deepEqual(named(name, grown).inputs, named(name).inputs, name);
    }
  });

  it("waits for the new replica when a registry node is added", async () => {
    const grown = await run({ registry: { replicas: 4 } });
    assert.notDeepEqual(named("stack-registry", grown).inputs, named("stack-registry").inputs);
    assert.deepEqual(named("stack-ingress", grown).inputs, named("stack-ingress").inputs);
  });
});
