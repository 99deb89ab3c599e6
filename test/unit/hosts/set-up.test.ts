import assert from "node:assert/strict";
import type { BashRan } from "../../support/bash";
import { FakeHost } from "./fake-host";

const TOOLS = ["curl", "iproute2", "jq", "openssl", "perl-base", "procps", "iptables", "kmod", "haproxy"];

describe("setting up a host that exists already", () => {
  let host: FakeHost;
  const on = (system: readonly [string, string], ...packages: readonly string[]): void => {
    host = new FakeHost(system);
    host.write("root/etc/swarm-ha/host", "stack prod\nname host-1\nrole worker\nadopted no\n");
    host.has(...packages);
  };
  afterEach(() => {
    host.remove();
  });
  interface Given {
    readonly node?: boolean;
    readonly balancer?: boolean;
    readonly bastion?: boolean;
  }
  const setUp = (
    source: string,
    { node = true, balancer = false, bastion = false }: Given = {},
    version = "",
  ): BashRan => host.run("setup-host", { name: "host-1", node, balancer, bastion, engine: { source, version } });
  /** Packages of Docker that were installed, in order. */
  const engine = (): string[] =>
    host
      .calls(/^apt-get .* install/)
      .filter((line) => !line.includes("--simulate"))
      .flatMap((line) => line.split(" ").filter((word) => /^(docker|containerd)/.test(word)));

  const cases: readonly (readonly [system: readonly [string, string], source: string, packages: readonly string[]])[] =
    [
      [["debian", "13"], "debian", ["docker.io", "docker-cli"]],
      [["debian", "12"], "debian", ["docker.io"]],
      [["ubuntu", "22.04"], "debian", ["docker.io"]],
      [["ubuntu", "24.04"], "debian", ["docker.io"]],
      [["debian", "12"], "docker", ["docker-ce", "docker-ce-cli", "containerd.io"]],
      [["ubuntu", "24.04"], "docker", ["docker-ce", "docker-ce-cli", "containerd.io"]],
    ];
  for (const [system, source, packages] of cases) {
    it(`installs ${packages.join(", ")} on ${system.join(" ")} from ${source}, holds them, and starts nothing`, () => {
      on(system);
      const { code, stderr } = setUp(source);
      assert.equal(code, 0, stderr);
      assert.deepEqual(engine(), packages);
      assert.equal(host.read("root/etc/swarm-ha/held"), `${[...packages].sort().join("\n")}\n`);
      assert.deepEqual(host.calls(/^systemctl .*\bstart\b.*docker/), []);
      assert.deepEqual(host.calls(/^systemctl disable/).sort(), [
        "systemctl disable --quiet docker.service",
        "systemctl disable --quiet docker.socket",
        "systemctl disable --quiet haproxy.service",
      ]);
      assert.equal(host.read("policy-rc.d"), "");
    });
  }

  it("leaves a Docker engine that is there, of either source, and holds it", () => {
    for (const [there, source] of [
      [["docker-ce", "docker-ce-cli", "containerd.io"], "debian"],
      [["docker.io", "docker-cli"], "docker"],
    ] as const) {
      on(["debian", "13"], ...there, ...TOOLS);
      const { code, stderr } = setUp(source);
      assert.equal(code, 0, stderr);
      assert.deepEqual(engine(), []);
      assert.equal(host.read("root/etc/swarm-ha/held"), `${[...there].sort().join("\n")}\n`);
      assert.equal(host.read("root/etc/swarm-ha/packages"), "");
    }
  });

  it("takes the client of the Docker engine that is there, whatever the source says", () => {
    on(["debian", "13"], "docker.io", ...TOOLS);
    const { code, stderr } = setUp("docker");
    assert.equal(code, 0, stderr);
    assert.deepEqual(engine(), ["docker-cli"]);
  });

  it("leaves the hold of somebody else's alone", () => {
    on(["debian", "13"], "docker.io", "docker-cli", ...TOOLS);
    host.write("held", "docker.io\n");
    assert.equal(setUp("debian").code, 0);
    assert.equal(host.read("root/etc/swarm-ha/held"), "docker-cli\n");
  });

  it("gives a bastion the client alone where that is a package, and a load balancer no Docker at all", () => {
    on(["debian", "13"]);
    assert.equal(setUp("debian", { node: false, bastion: true }).code, 0);
    assert.deepEqual(engine(), ["docker-cli"]);
    host.remove();
    on(["debian", "13"]);
    const { code, stderr } = setUp("debian", { node: false, balancer: true });
    assert.equal(code, 0, stderr);
    assert.deepEqual(engine(), []);
    assert.match(host.read("installed"), /haproxy\n(.*\n)*keepalived\n/);
  });

  it("refuses what can't succeed, at once: no engine, another system, a version that nobody has", () => {
    on(["debian", "13"], ...TOOLS);
    assert.match(setUp("installed").stderr, /host-1 has no Docker engine, .*Install 20\.10 or later there/);
    assert.match(setUp("debian", {}, "99.1").stderr, /no repository of host-1 has docker\.io 99\.1/);
    host.write("os-release", 'ID=fedora\nVERSION_ID="43"\n');
    assert.match(setUp("debian").stderr, /host-1 runs fedora 43.*engine\.source to 'installed'/);
    assert.deepEqual(engine(), []);
  });

  it("says what apt has complained of, and what to do", () => {
    on(["debian", "13"]);
    host.write("apt-says", " docker.io : Depends: runc but it is not installable\nE: Unable to correct problems\n");
    const { code, stderr } = setUp("debian");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /packages of host-1 can't be installed within 900 s: .*E: Unable to correct problems.*Check the network/,
    );
  });

  it("names packages that are held, and doesn't repeat what they stop", () => {
    on(["debian", "13"]);
    host.write("held", "docker.io\n");
    host.program(
      "apt-get",
      `[[ "$*" != *--simulate* ]] || { echo 'The following held packages will be changed:'; exit 100; }`,
    );
    assert.match(setUp("debian").stderr, /would change packages that are held \(docker\.io\).*apt-mark unhold/);
  });

  it("goes on after a run that was killed: no policy of its own stays", () => {
    on(["debian", "13"], "docker.io", "docker-cli", ...TOOLS);
    host.write("policy-rc.d", "#!/bin/sh\n# swarm-ha\nexit 101\n");
    assert.equal(setUp("debian").code, 0);
    assert.equal(host.read("policy-rc.d"), "");
  });
});
