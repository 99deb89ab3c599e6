import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { LocalPlatform } from "../../components/platform/local";
import { planHosts } from "../../plan/placement";
import { SshKeys } from "../../components/ssh/keys";
import { answer, SECRET } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

const CONTAINER = "pulumi-nodejs:dynamic/swarm-ha:Container";
const NETWORK = "pulumi-nodejs:dynamic/swarm-ha:Network";

function build(preview: boolean, overrides: Record<string, unknown> = {}): Promise<Registered[]> {
  const config = parseConfig({ platform: "local", ...overrides }, "unit");
  if (config.platform !== "local") throw new Error("not a local stack");
  const hosts = planHosts(config);
  return record(
    () => {
      const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
      const platform = new LocalPlatform("local", { config, hosts, keys });
      return pulumi.output(platform.hosts.map(({ identity, address }) => ({ identity, address })));
    },
    { stack: "unit", preview, answer },
  );
}

/** The inputs of a container. */
function container(resources: readonly Registered[], name: string): Registered {
  const found = resources.find((resource) => resource.type === CONTAINER && resource.name === name);
  if (found === undefined) throw new Error(`no container '${name}'`);
  return found;
}

describe("the local platform", () => {
  let resources: Registered[];
  before(async () => {
    resources = await build(false);
  });

  it("has a container for each host, the bastion and the load balancers, with the documented names and labels", () => {
    const names = resources.filter(({ type }) => type === CONTAINER).map(({ inputs }) => inputs["container"]);
    const tiers = ["manager", "registry", "worker"].flatMap((tier) =>
      [1, 2, 3].map((n) => `unit-${tier}-${String(n)}`),
    );
    assert.deepEqual(
      names.sort(),
      [...tiers, "unit-lb-app", "unit-lb-manager", "unit-lb-registry", "unit-bastion"].sort(),
    );
    assert.deepEqual(container(resources, "manager-2").inputs["labels"], {
      "swarm-ha.stack": "unit",
      "swarm-ha.role": "manager",
      "swarm-ha.zone": "zone-b",
      "swarm-ha.host": "manager-2",
      "swarm-ha.pool": "manager",
    });
  });

  it("has the same resources in a preview", async () => {
    const names = (all: readonly Registered[]): string[] => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(await build(true)), names(resources));
  });

  it("gives managers and registries fixed addresses, and workers a range of their zone", () => {
    assert.equal(typeof container(resources, "manager-1").inputs["address"], "string");
    assert.equal(typeof container(resources, "registry-3").inputs["address"], "string");
    const { inputs } = container(resources, "worker-1");
    assert.ok(inputs["address"] === undefined && inputs["addresses"] !== undefined);
  });

  it("replaces by deleting first, and never skips the delete of a container", () => {
    for (const { type, deleteBeforeReplace, deletedWith } of resources) {
      if (type !== CONTAINER && type !== NETWORK) continue;
      assert.ok(deleteBeforeReplace);
      assert.equal(deletedWith, "");
    }
  });

  it("lets the containers depend on the network by its name: replaced with it, and deleted before it", () => {
    const network = resources.find(({ type }) => type === NETWORK);
    for (const { type, propertyDependencies } of resources) {
      if (type === CONTAINER) assert.deepEqual(propertyDependencies["network"], [network?.urn]);
    }
  });

  it("has private keys in the files of containers only", () => {
    for (const { type, inputs } of resources) {
      if (type !== CONTAINER) continue;
      assert.ok(!JSON.stringify({ ...inputs, files: [] }).includes(SECRET));
    }
  });

  it("lets only the bastion forward, and publishes only its port and the load balancers', on this workstation", () => {
    const forwards = resources.filter(({ inputs }) =>
      JSON.stringify(inputs["files"] ?? "").includes("AllowTcpForwarding"),
    );
    assert.deepEqual(
      forwards.map(({ name }) => name),
      ["bastion"],
    );
    const published = resources.flatMap(({ name, inputs }) =>
      ((inputs["ports"] as string[] | undefined) ?? []).map((port) => `${name} ${port}`),
    );
    assert.deepEqual(published.sort(), [
      "bastion 22022:22",
      "lb-app 28080:80",
      "lb-app 28443:443",
      "lb-manager 22376:2376",
      "lb-registry 25000:25000",
    ]);
  });

  it("keeps the providers' code out of the state: a short constant loads it by name", () => {
    const texts = new Set(
      resources.map(({ inputs }) => inputs["__provider"]).filter((text) => typeof text === "string"),
    );
    assert.equal(texts.size, 2);
    for (const text of texts) assert.ok(text.length < 300);
  });
});
