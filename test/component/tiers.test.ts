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
      const registry = new Registry("registry", { platform, swarm, certificate: pki.registry });
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

describe("the ingress's certificate from an ACME authority", () => {
  const CREDENTIAL = "credential-that-must-not-show";
  const acme = {
    email: "ops@example.com",
    provider: "route53",
    credentials: { AWS_SECRET_ACCESS_KEY: CREDENTIAL },
    directory: "https://acme.example.com/directory",
  };
  const ACME = ["acme", "acme-account-key", "acme-key", "acme-request", "acme-term"];
  const withAcme = (more: Record<string, unknown> = {}, preview = false): Promise<Registered[]> =>
    run({ ingress: { acme: { ...acme, ...more } } }, preview);
  const named = (name: string, among: readonly Registered[]): Registered => {
    const found = among.find((resource) => resource.name === name && resource.custom);
    assert.ok(found, `no resource is called ${name}`);
    return found;
  };
  const names = (all: readonly Registered[]): string[] => all.map(({ type, name }) => `${type} ${name}`).sort();
  let resources: Registered[];
  let plain: Registered[];

  before(async () => {
    resources = await withAcme();
    plain = await run();
  });

  it("adds a key, a request, an account, a term and a step, and nothing where it isn't asked for", () => {
    const more = names(resources).filter((name) => !names(plain).includes(name));
    assert.deepEqual(more.map((name) => name.split(" ")[1]).sort(), ["acme", ...ACME].sort());
    assert.deepEqual(
      names(plain).filter((name) => !names(resources).includes(name)),
      [],
    );
  });

  it("has the same resources in a preview", async () => {
    assert.deepEqual(names(await withAcme({}, true)), names(resources));
  });

  it("goes bastion → certificate → ingress, and runs beside the swarm's birth", () => {
    const step = named("acme", resources);
    assert.ok(step.dependencies.includes(named("prepare-bastion", resources).urn));
    assert.ok(!step.dependencies.includes(named("init", resources).urn));
    assert.ok(named("stack-ingress", resources).dependencies.includes(step.urn));
  });

  it("gives the ingress what the step printed, with the key of the request", () => {
    const input = JSON.stringify(named("stack-ingress", resources).inputs["stdin"]);
    assert.ok(input.includes("chain that acme printed"));
    assert.ok(input.includes("pem acme-key"));
    assert.ok(!JSON.stringify(named("stack-ingress", plain).inputs["stdin"]).includes("acme"));
  });

  it("asks for the applications' names alone", () => {
    const { dnsNames, subject } = named("acme-request", resources).inputs;
    assert.deepEqual([dnsNames, subject], [["*.app.swarm.localhost"], undefined]);
  });

  it("sends credentials and the account's key on standard input alone, as a secret", () => {
    for (const { name, inputs } of resources) {
      const { stdin, ...rest } = inputs;
      assert.ok(!JSON.stringify(rest).includes(CREDENTIAL), `${name} shows a credential`);
      assert.equal(JSON.stringify(stdin ?? "").includes(CREDENTIAL), name === "acme" && stdin !== undefined, name);
    }
    const { stdin } = named("acme", resources).inputs;
    assert.ok(JSON.stringify(stdin).includes("pem acme-account-key"));
    assert.ok(named("acme", resources).secretInputs.includes("stdin"));
  });

  it("is due by a certificate whose validity is the term, which the step gets with its input", async () => {
    assert.equal(named("acme-term", resources).inputs["validityPeriodHours"], 30 * 24);
    const sooner = await withAcme({ renewAfterDays: 4 });
    assert.equal(named("acme-term", sooner).inputs["validityPeriodHours"], 4 * 24);
    assert.ok(JSON.stringify(named("acme", resources).inputs["stdin"]).includes("start of acme-term"));
  });

  it("is deleted without a word to a host, and goes with everything", () => {
    const { inputs, deletedWith } = named("acme", resources);
    assert.equal(inputs["delete"], undefined);
    assert.notEqual(deletedWith, "");
  });
});
