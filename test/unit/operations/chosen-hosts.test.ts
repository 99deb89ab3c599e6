import assert from "node:assert/strict";
import { asSecret, type Deployment } from "../../../cli/cluster/deployment";
import type { LiveStack } from "../../../cli/cluster/stack";
import { chosenHosts } from "../../../cli/operations/chosen-hosts";
import { instanceTypeTokens } from "../../../policy/instance";
import { FakeCluster } from "./fake-cluster";

describe("the hosts that are to be replaced", () => {
  const cluster = new FakeCluster();
  cluster.balancers = ["lb-1"];
  const stack = cluster.now();
  const chosen = (hosts: readonly string[], createsHosts = false, of: LiveStack = stack, all = false): string[] =>
    chosenHosts(of, { hosts, all, createsHosts });

  it("are nodes and the bastion; hosts of load balancers only where they existed before", () => {
    assert.deepEqual(chosen(["worker-1", "bastion", "worker-1"], true), ["worker-1", "bastion"]);
    assert.deepEqual(chosen(["lb-1", "worker-1"]), ["lb-1", "worker-1"]);
    assert.throws(() => chosen(["lb-1"], true), /has no host lb-1; its hosts are manager-1,/);
    assert.throws(() => chosen(["web-9"]), /has no host web-9; .*besides the bastion and the load balancers lb-1/);
    assert.ok(!chosen([], false, stack, true).includes("lb-1"));
  });

  it("don't have a bastion where another host is it: that one is named", () => {
    const login = { address: "10.0.0.11", port: 22, user: "root", privateKey: "key", hostKey: "ssh-ed25519 AAAA" };
    const type = instanceTypeTokens().find((token) => token.endsWith(":Host"));
    const resource = (name: string, role: string, logins: object): object => ({
      ...{ urn: `u::t::${name}`, type, id: `id-${name}`, outputs: {} },
      inputs: { labels: { "swarm-ha.role": role, "swarm-ha.host": name }, ...logins },
    });
    const resources = [
      resource("worker-1", "worker", { login: asSecret({ ...login, address: "10.0.1.3" }), bastion: asSecret(login) }),
      resource("lb-1", "load-balancer", { login: asSecret(login) }),
    ];
    const deployment: Deployment = { deployment: { resources: resources as never } };
    const shared = { ...stack, deployment, instances: stack.instances.filter(({ name }) => name !== "bastion") };
    assert.throws(
      () => chosen(["bastion"], false, shared),
      /lb-1 is the bastion\. Replace that host: npm run replace -- local lb-1$/,
    );
  });
});
