import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { HostDetails } from "../../../../cli/diagnose/host-report";
import { root } from "../../../../cli/paths";
import { older, OLDEST } from "../../../../cli/platform/hosts/preflight/engine";
import { evaluate } from "../../../../cli/platform/hosts/preflight/evaluate";
import type { Wanted } from "../../../../cli/platform/hosts/preflight/finding";
import { failureOf, type Answer, type Asked, type Failure } from "../../../../cli/platform/hosts/preflight/look";
import type { HostReport } from "../../../../cli/platform/hosts/preflight/report";

const GIB = 1024 * 1024;
const WANTED: Wanted = {
  stack: "rack",
  engine: { source: "debian" },
  adopt: false,
  tiers: { "lb-1": ["app"] },
  nodes: ["manager-1", "worker-1"],
};
const REPORT: HostReport = {
  hostName: "worker-1",
  machineId: "m1",
  os: { id: "debian", version: "13", name: "Debian GNU/Linux 13 (trixie)" },
  systemd: true,
  modules: { overlay: true, vxlan: true, ip_vs: true },
  cgroups: ["cpu", "memory", "pids"],
  timeSync: true,
  disk: { path: "/var/lib", sizeKib: 100 * GIB, freeKib: 50 * GIB },
  memory: { totalKib: 4 * GIB, availableKib: 3 * GIB },
  addresses: [{ device: "eth0", address: "10.0.1.3/24", dynamic: false, secondary: false, mtu: 1500 }],
  listening: [{ protocol: "tcp", address: "0.0.0.0", port: 22, process: "sshd" }],
  swarm: null,
  containers: [],
  marker: null,
  packages: "",
};

function asked(name = "worker-1", role = "worker"): Asked {
  const login = { address: "10.0.1.3", port: 22, user: "admin", privateKey: "", hostKey: "k" };
  return { name, role, login, address: login.address, node: role !== "load-balancer", direct: false, paths: [] };
}

function told(report: Partial<HostReport>, host = asked()): Answer {
  return { host, told: { report: { ...REPORT, hostName: host.name, ...report } } };
}

function texts(answers: readonly Answer[], wanted: Partial<Wanted> = {}): string[] {
  return evaluate(answers, { ...WANTED, ...wanted }).map(({ level, text }) => `${level}: ${text}`);
}

describe("the preflight of hosts that exist already", () => {
  it("finds nothing wrong with a sound host", () => {
    assert.deepEqual(texts([told({})]), []);
  });

  const single: readonly (readonly [string, Partial<HostReport>, RegExp, Partial<Wanted>?])[] = [
    [
      "another name",
      { hostName: "web" },
      /^problem: The host at 10\.0\.1\.3 calls itself web.*hostnamectl set-hostname worker-1/,
    ],
    ["no machine id", { machineId: "" }, /^problem: worker-1 has no machine id/],
    ["no systemd", { systemd: false }, /^problem: worker-1 doesn't run systemd/],
    [
      "an unknown system",
      { os: { id: "rhel", version: "9", name: "RHEL 9" } },
      /^problem: worker-1 runs RHEL 9;.*source: installed/,
    ],
    ["a kernel without overlay", { modules: { overlay: false } }, /^problem: The kernel of worker-1 has no overlay/],
    ["a kernel without ip_vs", { modules: { ip_vs: false } }, /^advice: .*no ip_vs/],
    ["no cgroups", { cgroups: [] }, /^problem: worker-1 has no cgroups/],
    ["a cgroup that is missing", { cgroups: ["cpu", "pids"] }, /^advice: The cgroups of worker-1 have no memory/],
    ["a clock of its own", { timeSync: false }, /^advice: The clock of worker-1 isn't synchronized/],
    [
      "a full disk",
      { disk: { path: "/", sizeKib: 10 * GIB, freeKib: GIB / 2 } },
      /^problem: worker-1 has 0\.5 GiB free/,
    ],
    ["little memory", { memory: { totalKib: GIB / 2, availableKib: 1 } }, /^advice: worker-1 has 0\.5 GiB of memory/],
    ["another address", { addresses: [] }, /^problem: 10\.0\.1\.3 is on no interface of worker-1/],
    [
      "a taken port",
      { listening: [{ protocol: "tcp", address: "0.0.0.0", port: 80, process: "nginx" }] },
      /^problem: 80\/tcp \(nginx\) of worker-1 is taken/,
    ],
    ["nftables", { firewallBackend: "nftables" }, /^problem: .*nftables.*moby 50467/],
    [
      "an old engine",
      { engine: { package: "docker.io", version: "19.03.1" } },
      /^problem: The Docker engine of worker-1 is 19\.03\.1; 20\.10 or later/,
    ],
    [
      "another package",
      { engine: { package: "docker-ce", version: "28.5.2" } },
      /^problem: worker-1 has the package docker-ce .*Write source: docker/,
    ],
    ["no engine", { engine: null }, /^problem: worker-1 has no Docker engine/, { engine: { source: "installed" } }],
    [
      "packages that can't be had",
      { packages: "held: docker.io" },
      /^problem: The Docker engine can't be installed on worker-1: held: docker\.io\. .*apt-mark showhold/,
    ],
    [
      "a swarm",
      { swarm: { state: "active", manager: false } },
      /^problem: worker-1 is in a swarm already.*adopt: true/,
    ],
    ["containers", { containers: ["db"] }, /^problem: worker-1 has containers already \(db\)/],
    [
      "another stack",
      { marker: { stack: "x", name: "worker-9" } },
      /^problem: .*belongs to the stack x, as its worker-9/,
    ],
    [
      "a swap of roles",
      { swarm: { state: "active", manager: true } },
      /^problem: worker-1 is a manager of the swarm, and the inventory says worker/,
      { adopt: true },
    ],
  ];
  for (const [what, report, text, wanted] of single) {
    it(`names ${what}, and nothing else`, () => {
      const found = texts([told(report)], wanted);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", text);
    });
  }

  it("names addresses that aren't fixed, or that overlay networks can't use", () => {
    const at = (own: object) =>
      told({ addresses: [{ device: "eth0", address: "10.0.1.3/24", dynamic: false, secondary: false, ...own }] });
    assert.match(texts([at({ secondary: true })]).join("\n"), /^problem: .*secondary address.*moby 53004/);
    assert.match(texts([at({ dynamic: true })]).join("\n"), /^advice: .*comes from DHCP/);
  });

  it("takes nothing amiss that is the stack's own", () => {
    const marker = { stack: "rack", name: "worker-1" };
    const listening = [{ protocol: "tcp", address: "*", port: 7946, process: "dockerd" }] as const;
    assert.deepEqual(
      texts([
        told({ marker, listening: [...listening], swarm: { state: "active", manager: false }, containers: ["x"] }),
      ]),
      [],
    );
  });

  it("names clones, hosts that couldn't be asked and why, all at once", () => {
    const failed = (name: string, kind: Failure["kind"]): Answer => ({
      host: asked(name),
      failed: { kind, seen: "SEEN" },
    });
    const found = texts([
      told({}),
      told({}, asked("worker-2")),
      failed("a", "unreachable"),
      failed("b", "host key"),
      failed("c", "login"),
      failed("d", "sudo"),
    ]);
    assert.equal(found.length, 5, found.join("\n"));
    for (const text of [
      /a can't be reached at 10\.0\.1\.3:22.*SEEN/,
      /b .*another SSH host key.*trust-hosts -- rack --renew/,
      /c .*refuses the login of admin/,
      /d: SEEN/,
      /worker-1 and worker-2 have the same machine id/,
    ])
      assert.ok(
        found.some((one) => text.test(one)),
        String(text),
      );
    assert.equal(failureOf(new Error("All configured authentication methods failed")).kind, "login");
    assert.equal(failureOf(new Error("it shows another host key than the pinned one")).kind, "host key");
  });

  it("lists what an adopted swarm has and the inventory doesn't name, and refuses two swarms", () => {
    const nodes = [
      { hostName: "manager-1", role: "manager" },
      { hostName: "old-7", role: "worker" },
    ];
    const manager = (id: string, name: string) =>
      told(
        { machineId: name, swarm: { state: "active", manager: true, clusterId: id, nodes, services: ["web"] } },
        asked(name, "manager"),
      );
    const found = texts([manager("c1", "manager-1"), manager("c2", "manager-2")], { adopt: true });
    for (const text of [
      /several swarms: c1 \(manager-1\) and c2/,
      /doesn't name: old-7\. They stay/,
      /services stay as they are: web/,
    ])
      assert.ok(
        found.some((one) => text.test(one)),
        found.join("\n"),
      );
  });

  it("gives the same advice for several hosts once", () => {
    const found = texts(["a", "b"].map((name) => told({ timeSync: false, machineId: name }, asked(name))));
    assert.deepEqual(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", /^advice: The clock of a and b isn't synchronized/);
  });

  it("names a shared folder of the registry that isn't mounted", () => {
    const host = asked("registry-1", "registry");
    const [found = ""] = texts([told({ mounted: false }, host)], { mount: "/srv/registry" });
    assert.match(found, /^problem: Nothing is mounted at \/srv\/registry of registry-1.*registryStorage\.path/);
    assert.deepEqual(texts([told({ mounted: true }, host)], { mount: "/srv/registry" }), []);
  });

  const looked = (name: string, details: Partial<HostDetails>, report: Partial<HostReport> = {}): Answer => {
    const host = { ...asked(name), role: "manager" };
    const none = { addresses: [], mtu: {}, features: {}, names: {}, reach: [], resolvers: [] };
    const whole = { ...none, ...details } as unknown as HostDetails;
    return { host, told: { report: { ...REPORT, hostName: name, machineId: name, ...report }, details: whole } };
  };

  it("names hosts that can't resolve the registry's own endpoint", () => {
    const name = "registry.example.com";
    const found = texts([looked("a", { names: { [name]: false } }), looked("b", { names: { [name]: true } })], {
      registryName: name,
    });
    assert.deepEqual(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", /^problem: a can't resolve registry\.example\.com .*DNS record/);
  });

  it("says of refused connections what can be told of them", () => {
    const reach: HostDetails["reach"] = [{ to: "b", port: 2377, outcome: "refused" }];
    const before = texts([looked("a", { reach }), looked("b", {})]);
    assert.deepEqual(before.length, 1, before.join("\n"));
    assert.match(
      before[0] ?? "",
      /^advice: Nothing listens on 2377\/tcp of the hosts yet\. A firewall that rejects looks the same/,
    );
    const marker = { stack: "rack", name: "b" };
    const listening = [{ protocol: "tcp", address: "*", port: 2377, process: "dockerd" }] as const;
    const after = texts([looked("a", { reach }), looked("b", {}, { marker, listening: [...listening] })]);
    assert.match(after.join("\n"), /^problem: 2377\/tcp of b refuses connections of a, although a program listens/);
  });

  it("takes the same oldest Docker engine as the steps", () => {
    const text = readFileSync(path.join(root, "scripts/lib/engine.sh"), "utf8");
    assert.equal(/^oldest_engine=(.*)$/m.exec(text)?.[1], OLDEST);
    const page = readFileSync(path.join(root, "docs/hosts.md"), "utf8");
    assert.ok(page.includes(`whatever is there, ${OLDEST} or later`));
  });

  it("compares versions by number", () => {
    assert.ok(older("20.10.9", "20.10.24") && !older("26.1.5+dfsg1", "20.10.24") && !older("20.10.24", "20.10.24"));
  });
});
