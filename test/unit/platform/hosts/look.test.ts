import assert from "node:assert/strict";
import { utils } from "ssh2";
import { asSecret, type Deployment } from "../../../../cli/cluster/deployment";
import { lookAtMachines } from "../../../../cli/platform/hosts/look";
import type { Login } from "../../../../plan/login";
import { instanceTypeTokens } from "../../../../policy/instance";
import { SshServer } from "../../../support/command-plugin/ssh-server";

const NEW_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKGVsjWzRY4Nf5JNsn6LX6DU0gsDNTBR6gLxHhZQnRso";

describe("a look at the machines of a state", function () {
  this.timeout(20_000);
  const privateKey = utils.generateKeyPairSync("ed25519").private;
  const type = instanceTypeTokens().find((token) => token.endsWith(":Host"));
  const resource = (name: string, role: string, logins: object): object => ({
    ...{ urn: `u::t::${name}`, type, id: `id-${name}`, outputs: {} },
    inputs: { labels: { "swarm-ha.role": role, "swarm-ha.host": name }, ...logins },
  });
  const look = async (server: SshServer, recorded: string): Promise<(string | undefined)[]> => {
    const { port, hostKey } = server;
    const bastion: Login = { address: "127.0.0.1", port, user: "root", privateKey, hostKey };
    const own = { ...bastion, address: "127.0.0.2" };
    const resources = [
      resource("bastion", "bastion", { login: asSecret(bastion) }),
      resource("worker-1", "worker", { login: asSecret(own), bastion: asSecret(bastion) }),
    ];
    const deployment: Deployment = { deployment: { resources: resources as never } };
    const listed = { ssh: { privateKey }, bastion: { address: "10.0.0.8", hostKey: recorded }, inventory: INVENTORY };
    const found = await lookAtMachines("site", deployment, () => Promise.resolve({ hosts: settings(listed) }));
    return ["bastion", "worker-1"].map((name) => found.find((one) => one.name === name)?.gone);
  };
  const INVENTORY = [{ name: "worker-1", role: "worker", zone: "a", address: "10.0.1.3" }];
  const settings = (own: object): object => ({
    ...own,
    loadBalancers: Object.fromEntries(
      ["manager", "registry", "app"].map((tier) => [tier, { external: { endpoint: "10.0.0.9:443" } }]),
    ),
    registryStorage: { path: "/srv/registry" },
  });

  it("finds a bastion with a new key once the stack file has it, and only then", async () => {
    const server = await SshServer.start(["other key"]);
    try {
      assert.deepEqual(await look(server, server.hostKey), [undefined, undefined]);
      const [bastion, worker] = await look(server, NEW_KEY);
      assert.match(bastion ?? "", /re-installed: the stack file has another host key/);
      assert.equal(worker, undefined);
    } finally {
      server.stop();
    }
  });

  it("counts a bastion that doesn't answer as the one that it was", async () => {
    assert.deepEqual(await look(await SshServer.start([]), NEW_KEY), [undefined, undefined]);
  });
});
