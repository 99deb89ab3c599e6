import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { IMAGES } from "../../components/images";
import { parseConfig } from "../../config";
import { LocalPlatform } from "../../components/platform/local";
import { localImage } from "../../components/platform/local/image";
import { planHosts } from "../../plan/placement";
import { SshKeys } from "../../components/ssh/keys";
import { answer, SECRET } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

const REGISTRY = "registry.swarm.localhost:25000";

/** The images of a stack, and what services would call them. */
async function build(preview: boolean): Promise<{ resources: Registered[]; references: (string | undefined)[] }> {
  const config = parseConfig({ platform: "local" }, "unit");
  if (config.platform !== "local") throw new Error("not a local stack");
  const hosts = planHosts(config);
  const references: (string | undefined)[] = [];
  const resources = await record(
    () => {
      const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
      const { images, hosts: made, lifetime } = new LocalPlatform("local", { config, hosts, keys });
      const registries = made.filter(({ role }) => role === "registry");
      const given = images.onHosts(IMAGES.registry, registries, [lifetime]);
      const credentials = { ca: "PEM", username: "admin", password: SECRET };
      const pushed = images.inRegistry(IMAGES.traefik, { ...credentials, ready: given.ready });
      return pulumi.all([given.reference, pushed.reference]).apply((names) => references.push(...names));
    },
    {
      stack: "unit",
      preview,
      answer: (resource) =>
        resource.type.endsWith(":RegistryImage")
          ? { id: "pushed", outputs: { reference: `${REGISTRY}/it@sha256:1` } }
          : answer(resource),
    },
  );
  return { resources, references };
}

describe("a local stack's images", () => {
  let resources: Registered[];
  let references: (string | undefined)[];
  before(async () => {
    ({ resources, references } = await build(false));
  });
  const ofType = (type: string, all = resources): Registered[] =>
    all.filter((resource) => resource.type === `pulumi-nodejs:dynamic/swarm-ha:${type}`);

  it("are given to each of the hosts, and again to another host of its name", () => {
    const given = ofType("HostImage");
    assert.deepEqual(
      given.map(({ name }) => name),
      [1, 2, 3].map((n) => `image-registry-registry-${String(n)}`),
    );
    for (const { inputs, propertyDependencies } of given) {
      assert.equal(inputs["image"], localImage(IMAGES.registry));
      assert.equal(inputs["identity"], `identity-${String(inputs["host"])}`);
      assert.deepEqual(
        propertyDependencies["identity"]?.map((urn) => urn.split("::").pop()),
        [inputs["host"]],
      );
    }
  });

  it("wait for what has to be there before", () => {
    const names = (urns: readonly string[]): string[] => urns.map((urn) => urn.split("::").pop() ?? "");
    for (const { dependencies } of ofType("HostImage")) assert.ok(names(dependencies).includes("network"));
    const [pushed] = ofType("RegistryImage");
    const given = ofType("HostImage").map(({ name }) => name);
    assert.deepEqual(
      given.filter((name) => !names(pushed?.dependencies ?? []).includes(name)),
      [],
    );
  });

  it("are pushed to the stack's registry, and called by what is there then", () => {
    const [pushed, ...more] = ofType("RegistryImage");
    assert.deepEqual(more, []);
    assert.equal(pushed?.name, "image-traefik");
    assert.deepEqual([pushed.inputs["registry"], pushed.inputs["image"]], [REGISTRY, localImage(IMAGES.traefik)]);
    assert.deepEqual(pushed.secretOutputs, ["password"]);
    assert.deepEqual(references, [localImage(IMAGES.registry), `${REGISTRY}/it@sha256:1`]);
  });

  it("are the same resources in a preview", async () => {
    const names = (all: readonly Registered[]): string[] => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names((await build(true)).resources), names(resources));
  });
});
