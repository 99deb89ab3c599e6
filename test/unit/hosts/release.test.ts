import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { FakeHost } from "./fake-host";

describe("releasing a host", () => {
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost(["debian", "13"]);
    claimed("worker");
    host.has("docker.io", "docker-cli");
    // It leaves the swarm when it is told to.
    host.program(
      "docker",
      `case "$*" in
*"swarm leave"*) rm "$folder/root/var/lib/docker/swarm/docker-state.json" ;;
*) echo active ;;
esac`,
    );
    host.program("systemctl", `case $1 in cat) ;; is-active) grep -qxF "\${*: -1}" "$folder/active" ;; esac`);
  });
  afterEach(() => {
    host.remove();
  });

  const OWN = "root/etc/swarm-ha";
  const claimed = (role: string): void => {
    host.write(`${OWN}/host`, `stack prod\nname host-1\nrole ${role}\nadopted no\n`);
  };
  const there = (name: string): boolean => existsSync(path.join(host.folder, "root", name));
  const release = (packages = "remove", stack = "prod"): { kept: string[]; data: boolean } => {
    const { code, stdout, stderr } = host.run("release-host", { stack, name: "host-1", packages });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as { kept: string[]; data: boolean };
  };
  /** A host that was a node: settings of the stack in the place of its owner's. */
  const wasNode = (units: string): void => {
    host.write(`${OWN}/before/units`, units);
    host.write(`${OWN}/before${host.folder}/root/etc/docker/daemon.json`, "theirs\n");
    host.write("root/etc/docker/daemon.json", "ours\n");
    host.write("root/etc/haproxy/haproxy.cfg", "ours\n");
    host.write("root/var/lib/swarm-ha/steps/a.sh", "");
  };

  it("puts back what was there before, removes what wasn't, and ends what didn't run", () => {
    wasNode("docker.service active enabled\nhaproxy.service inactive disabled\n");
    release();
    assert.equal(host.read("root/etc/docker/daemon.json"), "theirs\n");
    for (const gone of ["etc/haproxy/haproxy.cfg", "var/lib/swarm-ha", "etc/swarm-ha"]) assert.ok(!there(gone), gone);
    assert.deepEqual(host.calls(/^systemctl (stop|start|restart|enable|disable) .*(docker|haproxy)\.service/), [
      "systemctl enable --quiet docker.service",
      "systemctl stop docker.service",
      "systemctl start docker.service",
      "systemctl disable --quiet haproxy.service",
      "systemctl stop haproxy.service",
    ]);
  });

  it("leaves a Docker engine running whose settings the stack hasn't changed", () => {
    claimed("load-balancer");
    host.write(`${OWN}/before/units`, "docker.service active enabled\nhaproxy.service active enabled\n");
    host.write("root/etc/haproxy/haproxy.cfg", "ours\n");
    release();
    assert.deepEqual(host.calls(/^systemctl (stop|start|restart) .*docker/), []);
    assert.deepEqual(host.calls(/reload-or-restart/), ["systemctl reload-or-restart haproxy.service"]);
  });

  it("restarts it also where a release before was killed after it had put the settings back", () => {
    host.write(`${OWN}/before/units`, "docker.service active enabled\n");
    host.write(`${OWN}/restart`, "");
    release();
    assert.equal(host.calls(/^systemctl start docker/).length, 1);
  });

  it("leaves the swarm where it was a node; another swarm of a load balancer's host is its own", () => {
    const member = (): void => {
      host.write("root/var/lib/docker/swarm/docker-state.json", "{}");
    };
    member();
    claimed("load-balancer");
    release();
    assert.ok(there("var/lib/docker/swarm/docker-state.json"));
    assert.deepEqual(host.calls(/swarm leave/), []);
    claimed("worker");
    release();
    assert.ok(!there("var/lib/docker/swarm/docker-state.json"));
  });

  it("removes only packages of its own, and says that the Docker engine's data stay", () => {
    host.has("jq", "curl");
    host.write(`${OWN}/packages`, "docker.io\njq\n");
    host.write("unneeded", "docker.io\njq\ntheirs\n");
    host.write("root/var/lib/docker/x", "");
    assert.deepEqual(release(), { kept: [], data: true });
    assert.equal(host.read("installed"), "docker-cli\ncurl\n");
    assert.ok(there("var/lib/docker/x"));
    assert.deepEqual(
      host.calls(/^apt-get .*purge/).map((line) => line.replace(/.*purge/, "purge")),
      ["purge jq"],
    );
  });

  it("names packages that others need by now, which stay", () => {
    host.has("jq");
    host.write(`${OWN}/packages`, "docker.io\njq\n");
    host.write("unneeded", "docker.io\n");
    assert.deepEqual(release().kept, ["jq"]);
  });

  it("keeps its packages, and the note of them, where the host is only replaced", () => {
    host.write(`${OWN}/packages`, "docker.io\n");
    release("keep");
    assert.equal(host.read(`${OWN}/packages`), "docker.io\n");
    assert.match(host.read("installed"), /docker\.io/);
    assert.ok(!there("etc/swarm-ha/host"));
  });

  it("ends only the holds that it has set", () => {
    host.write(`${OWN}/held`, "docker-cli\n");
    release();
    assert.deepEqual(host.calls(/^apt-mark unhold/), ["apt-mark unhold docker-cli"]);
  });

  it("removes its names from /etc/hosts, and no line that was there before", () => {
    host.write(`${OWN}/names`, "10.0.0.9 registry.a\n10.0.0.9 registry.b\n");
    host.write(`${OWN}/before/hosts`, "127.0.0.1 localhost\n10.0.0.9 registry.b\n");
    host.write(
      "root/etc/hosts",
      "127.0.0.1 localhost\n10.0.0.9 registry.b\n10.0.0.8 registry.a\n10.0.0.9 registry.a\n",
    );
    release();
    assert.equal(host.read("root/etc/hosts"), "127.0.0.1 localhost\n10.0.0.9 registry.b\n");
  });

  it("touches nothing on another stack's host, or on one that was released", () => {
    host.write("root/etc/haproxy/haproxy.cfg", "theirs\n");
    release("remove", "test");
    assert.ok(there("etc/swarm-ha/host"));
    release();
    host.write("root/etc/haproxy/haproxy.cfg", "theirs\n");
    release();
    assert.equal(host.read("root/etc/haproxy/haproxy.cfg"), "theirs\n");
  });
});
