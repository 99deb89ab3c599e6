import assert from "node:assert/strict";
import { balancerFiles } from "../../../../components/platform/hosts/balancers";
import { planHosts } from "../../../../plan/placement";
import { accepted, contract, hostKey, nine } from "../../config/hosts/support";

describe("load balancers on hosts of the configuration", () => {
  it("have an address each on the same hosts, if the configuration says so: listeners and instances keep apart", () => {
    const config = accepted(
      nine(({ hosts: { loadBalancers } }) => {
        loadBalancers.app["virtualAddress"] = "10.0.0.101";
      }),
    );
    const { haproxy, keepalived } = balancerFiles(config, planHosts(config), "lb-1");
    const binds = [...haproxy.matchAll(/^ {2}bind (10\S+)$/gm)].map(([, at]) => at);
    assert.deepEqual(binds, [
      ...["10.0.0.100:2376", "10.0.0.101:80", "10.0.0.101:443"],
      ...["10.0.0.100:8404", "10.0.0.101:8404"],
    ]);
    assert.deepEqual(
      [...keepalived.matchAll(/virtual_router_id (\d+)[^}]*\}[^}]*\{\s*(\S+)/g)].map(([, id, at]) => [id, at]),
      [
        ["100", "10.0.0.100/32"],
        ["101", "10.0.0.101/32"],
      ],
    );
  });

  it("keep their addresses where they are when a worker is added and the bastion changes", () => {
    const values = contract();
    const before = accepted(values);
    delete values.hosts.bastion;
    values.hosts.inventory.push({
      ...{ name: "web-2", role: "worker", pool: "web", zone: "rack-2", address: "10.0.1.4", hostKey: hostKey(20) },
    });
    const after = accepted(values);
    const [one, other] = [before, after].map((config) => balancerFiles(config, planHosts(config), "lb-1"));
    assert.equal(one?.keepalived, other?.keepalived);
    assert.match(other?.haproxy ?? "", /server web-2 10\.0\.1\.4/);
  });
});
