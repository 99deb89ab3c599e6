import assert from "node:assert/strict";
import { HostsStack, LOAD_BALANCERS_ELSEWHERE } from "../../support/hosts/hosts-stack";
import { beginHosts, hosts } from "../../support/hosts/shared-hosts";
import type { TestHost } from "../../support/hosts/test-hosts";

/** Hosts with one planted fault each. */
const SPARE: readonly TestHost[] = [
  { name: "spare-1", at: 61, user: "root" },
  { name: "spare-2", at: 62 },
  { name: "spare-3", at: 63 },
  { name: "spare-4", at: 64 },
  { name: "spare-5", at: 65 },
];

describe("preflight of hosts that exist already", function () {
  this.timeout(180_000);

  before(async () => {
    await beginHosts();
    await hosts.create(...SPARE);
  });
  after(async () => {
    for (const { name } of SPARE) if (hosts.names.includes(name)) await hosts.lose(name);
  });

  it("names all planted faults at once", async () => {
    await hosts.exec("spare-1", ["hostname", "other-name"]);
    await hosts.exec("spare-2", ["dd", "of=/etc/machine-id"], await hosts.exec("spare-3", ["cat", "/etc/machine-id"]));
    await hosts.bash(
      "spare-3",
      'systemd-run --quiet --unit taken bash -c \'exec haproxy -f <(printf "%s\\n" "frontend x" " mode tcp" " bind :2377" " timeout client 1s") -db\'',
    );
    await hosts.exec("spare-4", ["docker", "swarm", "init"]);
    const faulty = new HostsStack("hosts-faulty", hosts, {
      zones: ["rack-1", "rack-2"],
      loadBalancers: LOAD_BALANCERS_ELSEWHERE,
      inventory: SPARE.map(({ name }, i) => ({
        name,
        role: (["worker", "registry", "manager"] as const)[i] ?? "worker",
        zone: `rack-${String(1 + (i % 2))}`,
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
