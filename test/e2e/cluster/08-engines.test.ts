import assert from "node:assert/strict";
import { figure, succeed, until } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

describe("repair of hosts that are alive", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);
  const docker = (...args: string[]): Promise<string> => succeed("docker", args, { limit: 60 });
  const problem = async (what: RegExp): Promise<string | undefined> => {
    const { status } = await stack.status();
    return status.problems.some((text) => what.test(text)) ? undefined : status.problems.join("\n");
  };
  const drop = async (way: "-I" | "-D"): Promise<void> => {
    const { hosts } = await stack.outputs();
    const from = ["-s", hosts["manager-3"]?.address ?? "", "-p", "tcp", "--dport", "2377", "-j", "DROP"];
    await docker("exec", stack.container("manager-1"), "iptables", way, "INPUT", ...from);
  };

  it("starts Docker engines that are stopped and restarts one that hangs, and keeps hosts and volumes", async () => {
    const before = await stack.identities();
    await stack.exec("worker-2", ["docker", "volume", "create", "kept"]);
    await stack.exec("worker-2", ["sv", "-w", "20", "force-stop", "/etc/service/docker"]);
    await stack.exec("worker-3", ["pkill", "-STOP", "-x", "dockerd"]);
    await until("status to tell that it is the engine", 90, () =>
      problem(/worker-2 .*the host runs, its Docker engine is stopped/),
    );
    const { seconds, output } = await stack.good("repair", [stack.name]);
    figure("repair of a stopped and a hanging engine", seconds);
    assert.match(output, /Starting the Docker engine of worker-2/);
    assert.deepEqual(await stack.identities(), before);
    assert.match(await stack.exec("worker-2", ["docker", "volume", "ls", "--quiet"]), /^kept$/m);
    await stack.exec("worker-2", ["docker", "volume", "rm", "kept"]);
    await stack.untilHealthy();
  });

  it("lets a host that was removed from the swarm join again, with its volumes and labels", async () => {
    const before = await stack.identities();
    await stack.exec("worker-1", ["docker", "volume", "create", "kept"]);
    await stack.onManager(["docker", "node", "update", "--label-add", "com.example.disk=fast", "worker-1"]);
    await stack.exec("worker-1", ["docker", "swarm", "leave", "--force"]);
    const { seconds, output } = await stack.good("repair", [stack.name]);
    figure("repair of a host that has left the swarm", seconds);
    assert.match(output, /Letting worker-1 join again/);
    assert.deepEqual(await stack.identities(), before);
    assert.match(await stack.exec("worker-1", ["docker", "volume", "ls", "--quiet"]), /^kept$/m);
    await stack.exec("worker-1", ["docker", "volume", "rm", "kept"]);
    assert.match(
      await stack.onManager(["docker", "node", "inspect", "worker-1", "--format", "{{.Spec.Labels}}"]),
      /disk:fast/,
    );
    await stack.onManager(["docker", "node", "update", "--label-rm", "com.example.disk", "worker-1"]);
    await stack.untilHealthy();
  });

  it("leaves a manager alone that another one doesn't hear, and says who can't reach whom", async () => {
    const [before, nodes] = [await stack.identities(), await stack.nodes()];
    await drop("-I");
    try {
      const said = /manager-3 can't reach manager-1 on 2377\/tcp \(no answer\)/;
      const asked = await stack.tool("replace", [stack.name, "manager-3"]);
      assert.equal(asked.code, 1);
      assert.match(asked.output, said);
      const { code, output, seconds } = await stack.tool("repair", [stack.name]);
      figure("repair with a manager that another one doesn't hear", seconds);
      if (code !== 0) assert.match(output, said);
      assert.deepEqual(await stack.identities(), before);
      assert.deepEqual((await stack.nodes()).map(({ ID }) => ID).sort(), nodes.map(({ ID }) => ID).sort());
    } finally {
      await drop("-D");
    }
    await stack.untilHealthy();
  });
});
