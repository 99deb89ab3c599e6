import assert from "node:assert/strict";
import { bastionOf, loadBalancerHosts } from "../../../../config/platforms/hosts/logins";
import { loadBalancerOf } from "../../../../config/platforms/hosts/load-balancers";
import { planHosts } from "../../../../plan/placement";
import { accepted, contract, host, hostKey, nine } from "./support";

describe("a configuration of hosts that exist already", () => {
  it("is accepted as the contract has it, and roles, counts and pools follow from the inventory", () => {
    const config = accepted(contract());
    assert.deepEqual(config.managers, { count: 1 });
    assert.deepEqual(config.registry, { replicas: 1 });
    assert.deepEqual(config.workers, { web: { count: 1, labels: {} } });
    assert.deepEqual(planHosts(config), [
      { name: "manager-1", role: "manager", zone: "rack-1", pool: "manager", labels: {}, address: "10.0.1.1" },
      { name: "registry-1", role: "registry", zone: "rack-1", pool: "registry", labels: {}, address: "10.0.1.2" },
      {
        name: "web-1",
        role: "worker",
        zone: "rack-1",
        pool: "web",
        labels: { "com.example.storage": "ssd" },
        address: "10.0.1.3",
      },
    ]);
    assert.deepEqual(
      loadBalancerHosts(config).map(({ name, tiers }) => [name, tiers]),
      [
        ["lb-1", ["manager", "app"]],
        ["lb-2", ["manager", "app"]],
      ],
    );
    assert.equal(bastionOf(config).privateAddress, "10.0.0.10");
    assert.deepEqual(loadBalancerOf(config, "registry"), {
      kind: "external",
      endpoint: "registry.swarm.example.com:5000",
      sources: [],
    });
  });

  it("has its hosts by role and pool, whatever the order of the list, with the labels of pool and host", () => {
    const config = accepted(
      nine(({ hosts }) => {
        hosts.inventory.reverse();
        hosts.inventory.push(host("db", "worker", "rack-2", 200, { pool: "data", labels: { disk: "nvme", a: "own" } }));
        hosts.inventory.push(host("x", "worker", "rack-1", 201));
        hosts.pools = {
          data: { labels: { a: "pool", b: "pool" }, maxUnavailable: 1 },
          registry: { maxUnavailable: 2 },
        };
      }),
    );
    assert.deepEqual(
      planHosts(config).map(({ name }) => name),
      [
        "manager-3",
        "manager-2",
        "manager-1",
        "registry-3",
        "registry-2",
        "registry-1",
        "worker-3",
        "worker-2",
        "worker-1",
        "x",
        "db",
      ],
    );
    assert.deepEqual(planHosts(config).at(-1)?.labels, { a: "own", b: "pool", disk: "nvme" });
    assert.deepEqual(config.registry, { replicas: 3, maxUnavailable: 2 });
    assert.deepEqual(config.workers, {
      worker: { count: 4, labels: {} },
      data: { count: 1, labels: { a: "pool", b: "pool" }, maxUnavailable: 1 },
    });
  });

  it("takes keys as files have them: a comment behind a host key, lines of a private key that end in CR LF", () => {
    const values = contract();
    values.hosts.bastion = { address: "10.0.0.10", hostKey: `${hostKey(1)} root@bastion`, user: "root", port: 2222 };
    values.hosts.ssh["privateKey"] = String(values.hosts.ssh["privateKey"]).replaceAll("\n", "\r\n").trimEnd();
    const { login } = bastionOf(accepted(values));
    assert.deepEqual([login.hostKey, login.user, login.port], [hostKey(1), "root", 2222]);
    assert.match(login.privateKey, /^-----BEGIN[^\r]*-----\n$/s);
  });
});
