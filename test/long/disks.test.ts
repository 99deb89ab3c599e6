/** Full disks, with the errors that the kernel gives: the registry's storage and a manager's Raft log on small filesystems. */
import assert from "node:assert/strict";
import { RegistryClient } from "../support/registry";
import { figure, run, succeed, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const RAFT = "/var/lib/docker/swarm";

describe("full disks", function () {
  this.timeout(900_000);
  const stack = new TestStack("e2e-disks", { hosts: "10.222.0.0/20", ports: portsFrom(23260) });
  const problems = async (): Promise<string> => (await stack.status()).status.problems.join("\n");
  const bash = (host: string, text: string, limit = 60): Promise<string> =>
    stack.exec(host, ["bash", "-c", text], "", limit);

  before(async () => {
    await stack.reset();
    // The volume that the registry hosts share, in memory: it is as full as one likes, and all of them see it.
    const size = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=260m"];
    await succeed("docker", ["volume", "create", ...size, `${stack.name}-registry`], { limit: 30 });
    await stack.start();
    assert.equal((await stack.exec("registry-1", ["stat", "-f", "-c", "%T", "/srv/registry"])).trim(), "tmpfs");
  });
  after(async () => {
    await stack.destroy();
    await run("docker", ["volume", "rm", "-f", `${stack.name}-registry`], { limit: 30 });
  });

  it("the registry's storage: pushes fail, pulls go on, status says so, and a collection frees space", async () => {
    const registry = new RegistryClient(stack, await stack.outputs());
    await registry.makeImage("worker-1", "drill/small:1", 1);
    assert.equal((await registry.push("worker-1", "drill/small:1")).code, 0);
    // What was pushed half is what fills it.
    await registry.makeImage("worker-2", "drill/large:1", 240);
    const push = await registry.push("worker-2", "drill/large:1");
    assert.notEqual(push.code, 0);
    assert.match(push.output, /500|unexpected HTTP status|blob upload/i);
    console.log(`        the push said: ${push.output.trim().split("\n").at(-1) ?? ""}`);
    await bash("registry-1", "cat /dev/zero >/srv/registry/fill || true");
    assert.equal((await registry.push("worker-1", "drill/small:1")).code, 0, "what is there already needs no room");
    await registry.makeImage("worker-1", "drill/other:1", 1);
    assert.notEqual((await registry.push("worker-1", "drill/other:1")).code, 0);
    await registry.pull("worker-3", "drill/small:1");
    assert.match(
      await problems(),
      /The registry's storage is full .*Pushes fail with 500 .*npm run registry:gc -- e2e-disks/,
    );
    const { code, output } = await stack.tool("registry-gc", [stack.name, "--mend"], 600);
    assert.equal(code, 0, output);
    assert.match(output, /Removed: \d+ unfinished upload/);
    await bash("registry-1", "rm /srv/registry/fill");
    assert.equal((await registry.push("worker-1", "drill/other:1")).code, 0);
    await registry.pull("worker-3", "drill/other:1");
    // A disk with less than 1 GiB of room is a problem as it is; the volume is one filesystem for all of them.
    assert.match(await problems(), /The registry's storage is \d+ % full/);
    await bash("registry-1", "mount -o remount,size=2g /srv/registry");
    await stack.untilHealthy();
  });

  it("a manager's Raft log: it stops, the others go on, status says why, and it comes back once there is room", async () => {
    const manager = "manager-3";
    const refill = `sv -w 40 down /etc/service/docker
      cp -a ${RAFT} /root/swarm && rm -f /root/swarm/raft/wal-v3-encrypted/*.tmp
      mount -t tmpfs -o size=70m tmpfs ${RAFT} && cp -a /root/swarm/. ${RAFT}/ && rm -rf /root/swarm
      sv up /etc/service/docker
      for i in $(seq 60); do ! docker node ls >/dev/null 2>&1 || break; sleep 1; done
      cat /dev/zero >${RAFT}/fill || true`;
    await bash(manager, refill, 120);
    // etcd's log goes on in what it has reserved: two segments of 64 MB. One was taken away above, this fills the other.
    const changes = `head -c 490000 /dev/urandom >/tmp/blob
      for i in $(seq 140); do docker config create fill-$i /tmp/blob >/dev/null || exit; done`;
    await bash("manager-1", changes, 400);
    await until("the manager to be missed", 90, async () => {
      const text = await problems();
      return text.includes("manager-3 (manager") ? undefined : text;
    });
    assert.match(await problems(), /Docker's disk is full \(\d+ KiB free\) on manager-3 \(\/var\/lib\/docker\/swarm\)/);
    await bash("manager-1", "docker config ls -q --filter name=fill- | xargs docker config rm >/dev/null", 120);
    await bash(manager, `rm ${RAFT}/fill; mount -o remount,size=2g ${RAFT}; sv -w 40 restart /etc/service/docker`, 90);
    figure(
      "a manager is back after its disk has room and its Docker engine was restarted",
      await stack.untilHealthy(90),
    );
  });
});
