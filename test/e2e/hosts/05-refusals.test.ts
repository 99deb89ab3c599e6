import assert from "node:assert/strict";
import { HostsStack } from "../../support/hosts/hosts-stack";
import { snapshots, useSharedHosts } from "../../support/hosts/shared-hosts";
import { differences } from "../../support/hosts/snapshot";
import type { TestHost } from "../../support/hosts/test-hosts";

/** Hosts with one planted fault each. */
const SPARE: readonly TestHost[] = [
  { name: "spare-1", at: 61, user: "root" },
  { name: "spare-2", at: 62 },
  { name: "spare-3", at: 63 },
  { name: "spare-4", at: 64 },
  { name: "spare-5", at: 65 },
];

/** Endpoints of load balancers that nobody asks. */
const ELSEWHERE = {
  manager: "manager.elsewhere.example:2376",
  registry: "registry.elsewhere.example:5000",
  app: "app.elsewhere.example:443",
};

describe("on hosts that exist already, before anything is touched,", function () {
  this.timeout(300_000);
  const { stack, hosts } = useSharedHosts();

  after(async () => {
    for (const { name } of SPARE) if (hosts.names.includes(name)) await hosts.lose(name);
  });

  it("a second stack on a host is refused, and the first one's name is told", async () => {
    const second = new HostsStack("hosts-second", hosts, {
      zones: ["rack-1"],
      loadBalancers: ELSEWHERE,
      inventory: [
        { name: "manager-1", role: "manager", zone: "rack-1" },
        { name: "registry-1", role: "registry", zone: "rack-1" },
        { name: "worker-1", role: "worker", zone: "rack-1" },
      ],
    });
    await second.reset();
    const before = await snapshots();
    const { code, output } = await second.tool("pulumi", ["up", "--yes", "--skip-preview", "-s", second.name]);
    assert.notEqual(code, 0);
    for (const host of ["manager-1", "registry-1", "worker-1"]) assert.match(output, new RegExp(`${host}.*hosts-e2e`));
    const now = await snapshots();
    for (const [host, was] of Object.entries(before)) {
      assert.deepEqual(differences(was, now[host] ?? was), [], host);
    }
    await stack.untilHealthy();
  });

  it("preflight names all planted faults at once", async () => {
    await hosts.create(...SPARE);
    await hosts.exec("spare-1", ["hostname", "other-name"]);
    await hosts.exec("spare-2", ["dd", "of=/etc/machine-id"], await hosts.exec("spare-3", ["cat", "/etc/machine-id"]));
    await hosts.bash(
      "spare-3",
      'systemd-run --quiet --unit taken bash -c \'exec haproxy -f <(printf "%s\\n" "frontend x" " mode tcp" " bind :2377" " timeout client 1s") -db\'',
    );
    await hosts.exec("spare-4", ["docker", "swarm", "init"]);
    const faulty = new HostsStack("hosts-faulty", hosts, {
      zones: ["rack-1"],
      loadBalancers: ELSEWHERE,
      inventory: SPARE.map(({ name }, i) => ({
        name,
        role: (["worker", "registry", "manager"] as const)[i] ?? "worker",
        zone: "rack-1",
      })),
    });
    await faulty.reset();
    const key = await hosts.hostKey("spare-1");
    faulty.edit(({ inventory }) => {
      for (const host of inventory) if (host["name"] === "spare-5") host["hostKey"] = key;
    });
    const { code, output } = await faulty.tool("preflight", [faulty.name], 120);
    assert.equal(code, 1, output);
    for (const fault of [
      /other-name.*spare-1/,
      /spare-2 and spare-3 have the same machine id/,

      /2377\/tcp.* of spare-3/,
      /spare-4.*swarm/,
    ])
      assert.match(output, fault);
  });
});
