import assert from "node:assert/strict";
import { asSecret, type Deployment } from "../../../../cli/cluster/deployment";
import { listedHosts, settingsOf } from "../../../../cli/platform/hosts/listed";
import { lookAtMachines } from "../../../../cli/platform/hosts/look";
import { newHosts } from "../../../../cli/platform/hosts/preflight";
import type { Asked } from "../../../../cli/platform/hosts/preflight/look";
import { instanceTypeTokens } from "../../../../policy/instance";
import { newSshKey } from "../../../../cli/operations/rotate/ssh-key-state";

const KEY = newSshKey().privateKeyOpenssh;
const LB = { hosts: [{ name: "lb-1", address: "10.0.0.11" }], virtualAddress: "10.0.0.100" };
const hosts = {
  ssh: { privateKey: KEY },
  inventory: [
    { name: "m-1", role: "manager", zone: "a", address: "10.0.0.1" },
    { name: "w-1", role: "worker", zone: "a", address: "10.0.0.2", port: 2222 },
  ],
  loadBalancers: { manager: LB, registry: LB, app: { external: { endpoint: "a.example.com:443" } } },
  registryStorage: { path: "/srv/registry" },
};
const read = (change: object = {}) => listedHosts(settingsOf({ hosts: { ...hosts, ...change } }));
const SETTINGS = ["config", "swarm-ha:hosts"];

function state(...machines: readonly (readonly [string, string])[]): Deployment {
  const type = instanceTypeTokens().find((token) => token.endsWith(":Host"));
  const login = { privateKey: KEY, hostKey: "ssh-ed25519 AAAA", port: 1 };
  const resources = machines.map(([name, address], index) => ({
    ...{ urn: `u::t::${name}`, type, id: `id-${name}`, outputs: {} },
    inputs: {
      labels: { "swarm-ha.role": "worker", "swarm-ha.host": name },
      address,
      login: asSecret({ ...login, address: "127.0.0.1" }),
      ...(index === 0 ? {} : { bastion: asSecret({ ...login, address: "127.0.0.1" }) }),
    },
  }));
  return { deployment: { resources: resources as never } };
}

describe("hosts that a configuration lists", () => {
  it("are each there once, the bastion first, without host keys, too, with all places that describe them", () => {
    const listed = read();
    assert.deepEqual(
      listed.map(({ name, direct, login: { address, port, hostKey } }) => [name, direct, address, port, hostKey]),
      [
        ["lb-1", true, "10.0.0.11", 22, ""],
        ["m-1", false, "10.0.0.1", 22, ""],
        ["w-1", false, "10.0.0.2", 2222, ""],
      ],
    );
    assert.deepEqual(listed[0]?.paths, [
      [...SETTINGS, "loadBalancers", "manager", "hosts", 0],
      [...SETTINGS, "loadBalancers", "registry", "hosts", 0],
    ]);
    assert.deepEqual(listed[2]?.paths, [[...SETTINGS, "inventory", 1]]);
  });

  it("have the bastion that is named, and say what is missing", () => {
    const [bastion] = read({ bastion: { address: "203.0.113.7" } });
    assert.deepEqual([bastion?.name, bastion?.login.address], ["bastion", "203.0.113.7"]);
    assert.deepEqual(bastion?.paths, [[...SETTINGS, "bastion"]]);
    assert.throws(() => read({ inventory: [{ name: "m-1" }] }), /swarm-ha:hosts isn't valid yet:[^]*inventory/);
  });

  it("are checked before an up where they are new, or are listed with another address", () => {
    const asked = read().map((host): Asked => ({ ...host, role: "worker", address: host.login.address, node: true }));
    const names = (deployment: Deployment) => newHosts(asked, deployment).map(({ name }) => name);
    assert.deepEqual(names({}), ["lb-1", "m-1", "w-1"]);
    assert.deepEqual(names(state(["lb-1", "10.0.0.11"], ["m-1", "10.0.0.1"], ["w-1", "10.0.0.9"])), ["w-1"]);
    // Another host key is another machine, where the state has the former one in plain text.
    const known = state(["lb-1", "10.0.0.11"], ["m-1", "10.0.0.1"], ["w-1", "10.0.0.2"]);
    for (const resource of known.deployment?.resources ?? [])
      Object.assign(resource.inputs ?? {}, { hostKey: resource.urn.endsWith("m-1") ? "ssh-ed25519 BBBB" : "" });
    assert.deepEqual(names(known), ["m-1"]);
  });

  it("count as those that they were while the bastion doesn't answer", async () => {
    const none = () => Promise.resolve({});
    const machines = await lookAtMachines("rack", state(["w-1", "10.0.0.2"], ["w-2", "10.0.0.3"]), none);
    assert.deepEqual(machines, [
      { name: "w-1", id: "id-w-1", running: true },
      { name: "w-2", id: "id-w-2", running: true },
    ]);
  });
});
