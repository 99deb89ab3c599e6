import assert from "node:assert/strict";
import { asSecret, type Deployment } from "../../../cli/cluster/deployment";
import { bastionLogin, findLogin, loginOf } from "../../../cli/cluster/logins";
import { reachOfState } from "../../../cli/diagnose/access";
import { instanceTypeTokens } from "../../../policy/instance";

const STATE_KEY = "key of the stack";
const KEY = { urn: "u::t::ssh-host-worker-1", type: "tls:index/privateKey:PrivateKey", id: "k" };
const LOGIN = { address: "10.0.1.3", port: 2222, user: "admin", privateKey: "own key", hostKey: "ssh-ed25519 AAAA" };
const BASTION = { ...LOGIN, address: "203.0.113.7", sudoPassword: "word" };

function state(...resources: readonly object[]): Deployment {
  return { deployment: { resources: resources as never } };
}

/** A host of the inventory, as its dynamic resource has it. */
function host(name: string, role: string, logins: object): object {
  const labels = { "swarm-ha.role": role, "swarm-ha.host": name };
  const type = instanceTypeTokens().find((token) => token.endsWith(":Host"));
  return { urn: `u::t::${name}`, type, id: `id-${name}`, inputs: { labels, ...logins }, outputs: {} };
}

describe("a host's login", () => {
  it("is root's with the program's keys where the program made the host", () => {
    const deployment = state({ ...KEY, outputs: { publicKeyOpenssh: "ssh-ed25519 BBBB\n" } });
    assert.deepEqual(loginOf("worker-1", { deployment, address: "10.0.0.3", privateKey: STATE_KEY }), {
      address: "10.0.0.3",
      port: 22,
      user: "root",
      privateKey: STATE_KEY,
      hostKey: "ssh-ed25519 BBBB\n",
    });
  });

  it("is unknown without an address or a host key", () => {
    const deployment = state({ ...KEY, outputs: { publicKeyOpenssh: "ssh-ed25519 BBBB\n" } });
    for (const [name, address] of [
      ["worker-1", undefined],
      ["worker-1", "unknown"],
      ["worker-2", "10.0.0.3"],
    ] as const) {
      assert.equal(findLogin(name, { deployment, address, privateKey: STATE_KEY }), undefined);
    }
    const missing = { deployment, address: undefined, privateKey: STATE_KEY };
    assert.throws(() => loginOf("worker-1", missing), /no address or host key of worker-1/);
  });

  it("is the host's own where its resource has one, also a secret", () => {
    const login = { ...LOGIN, sudoPassword: "word" };
    for (const stored of [login, asSecret(login)]) {
      const deployment = state(host("web-1", "worker", { login: stored }));
      assert.deepEqual(loginOf("web-1", { deployment, address: "unknown", privateKey: STATE_KEY }), login);
    }
  });
});

describe("the bastion's login", () => {
  it("comes from the hosts' resources before the first up has finished", () => {
    const web = host("web-1", "worker", { login: asSecret(LOGIN), bastion: asSecret(BASTION) });
    const deployment = state(web);
    assert.deepEqual(bastionLogin(deployment), BASTION);
    const { bastion } = reachOfState({ stack: "s", deployment, instances: [] });
    const { address, ...rest } = BASTION;
    assert.deepEqual(bastion, { host: address, ...rest });
  });

  it("is that of the bastion's own resource while there is no other host", () => {
    assert.deepEqual(bastionLogin(state(host("bastion", "bastion", { login: asSecret(BASTION) }))), BASTION);
  });

  it("is unknown where no host has one", () => {
    assert.equal(bastionLogin(state(host("manager-1", "manager", {}))), undefined);
  });
});
