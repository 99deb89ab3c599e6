import assert from "node:assert/strict";
import { Ingress } from "../../components/ingress";
import { IMAGES } from "../../components/images";
import { LocalPlatform } from "../../components/platform/local";
import { localImage } from "../../components/platform/local/image";
import { Registry } from "../../components/registry";
import { answer } from "../support/answers";
import { fakeSwarm } from "../support/fake-swarm";
import { record, type Registered } from "../support/recording-mocks";

/** Two pools of workers. */
const POOLS = { web: { count: 2 }, jobs: { count: 1 } };

/** Which image the hosts of a tier have, and which step deploys it. */
const TIERS = [
  { image: IMAGES.registry, hosts: ["registry-1", "registry-2", "registry-3"], step: "stack-registry" },
  { image: IMAGES.traefik, hosts: ["web-1", "web-2", "jobs-1"], step: "stack-ingress" },
];

/** A local stack, as index.ts lays it. */
function build(preview: boolean, workers: Readonly<Record<string, unknown>> = POOLS): Promise<Registered[]> {
  return record(
    () => {
      const { config, platform, pki, swarm } = fakeSwarm({ workers }, ({ config, ...parts }) => {
        if (config.platform !== "local") throw new Error("not a local stack");
        return new LocalPlatform("local", { config, ...parts });
      });
      const registry = new Registry("registry", { platform, swarm, certificate: pki.registry });
      return new Ingress("ingress", { config, platform, pki, swarm, registry });
    },
    { stack: "unit", preview, answer },
  );
}

describe("a local stack's images", () => {
  let resources: Registered[];
  before(async () => {
    resources = await build(false);
  });
  const given = (all = resources): Registered[] => all.filter(({ type }) => type.endsWith("swarm-ha:HostImage"));
  const namesOf = (urns: readonly string[]): string[] => urns.map((urn) => urn.split("::").pop() ?? "");
  const dependencies = (name: string): string[] => {
    const found = resources.find((resource) => resource.name === name && resource.custom);
    assert.ok(found, `no resource is called ${name}`);
    return namesOf(found.dependencies);
  };

  it("are given to each host of their tier, of whatever pool, and to no other one", () => {
    assert.deepEqual(
      given()
        .map(({ name }) => name)
        .sort(),
      TIERS.flatMap(({ image, hosts }) => hosts.map((host) => `image-${image.name}-${host}`)).sort(),
    );
  });

  it("are given again to another host of its name", () => {
    for (const { image, hosts } of TIERS) {
      for (const host of hosts) {
        const { inputs, propertyDependencies } = given().find(({ inputs }) => inputs["host"] === host) ?? {};
        assert.equal(inputs?.["image"], localImage(image));
        assert.equal(inputs["identity"], `identity-${host}`);
        assert.deepEqual(namesOf(propertyDependencies?.["identity"] ?? []), [host]);
      }
    }
  });

  it("wait for the host's Docker engine, and the node for them: tasks wait for the node's labels", () => {
    for (const { image, hosts, step } of TIERS) {
      for (const host of hosts) {
        const name = `image-${image.name}-${host}`;
        assert.ok(dependencies(name).includes(`prepare-${host}`));
        assert.ok(!dependencies(name).some((each) => each.startsWith("node-") || each.startsWith("join-")));
        assert.ok(dependencies(`node-${host}`).includes(name));
        assert.ok(dependencies(step).includes(`node-${host}`));
      }
    }
  });

  it("are named by the services as the hosts have them, so that another version rolls them", () => {
    for (const { image, step } of TIERS) {
      const found = resources.find(({ name }) => name === step);
      assert.ok(JSON.stringify(found?.inputs["stdin"]).includes(localImage(image)), step);
    }
  });

  it("are given to a new worker alone when there is one more", async () => {
    const grown = await build(false, { ...POOLS, jobs: { count: 2 } });
    const before = given().map(({ name }) => name);
    assert.deepEqual(
      given(grown)
        .map(({ name }) => name)
        .filter((name) => !before.includes(name)),
      ["image-traefik-jobs-2"],
    );
  });

  it("are the same resources in a preview", async () => {
    const names = (all: readonly Registered[]): string[] => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(await build(true)), names(resources));
  });
});
