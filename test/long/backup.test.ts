import assert from "node:assert/strict";
import { figure, succeed, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const NAME = "e2e-backup";
const VOLUME = `${NAME}-backup`;

/** A swarm that is backed up, lost with all of its hosts, and restored. */
describe("backup and restore", function () {
  this.timeout(900_000);
  const changes = {
    backup: { password: "a password of a test" },
    registry: { replicas: 1 },
    workers: { worker: { count: 1 } },
  };
  const ports = portsFrom(23280);
  const first = new TestStack(NAME, { hosts: "10.228.0.0/20", ports }, changes);
  const elsewhere = new TestStack(NAME, { hosts: "10.229.0.0/20", ports }, changes);
  const removeVolume = async (): Promise<void> => {
    await succeed("docker", ["volume", "rm", "--force", VOLUME], { limit: 30 });
  };
  const list = async (stack: TestStack): Promise<{ id: string; manager: string; autolock: boolean }[]> => {
    const { stdout } = await stack.good("backup", [NAME, "--list", "--json"], 60);
    return JSON.parse(stdout) as { id: string; manager: string; autolock: boolean }[];
  };
  const swarmId = async (stack: TestStack): Promise<string> => (await stack.status()).status.swarmId;
  let lost = "";

  before(async () => {
    await first.reset();
    await removeVolume();
    await first.start();
    lost = await swarmId(first);
    const docker = (...args: string[]): Promise<string> => first.onManager(["docker", ...args]);
    await first.exec("manager-1", ["docker", "secret", "create", "drill-secret", "-"], "secret");
    await first.exec("manager-1", ["docker", "config", "create", "drill-config", "-"], "config");
    await docker("network", "create", "-d", "overlay", "drill-net");
    await docker(
      ...[
        "service",
        "create",
        "--quiet",
        "--detach",
        "--name",
        "drill-service",
        "--replicas",
        "0",
        "--no-resolve-image",
      ],
      ...["--network", "drill-net", "--secret", "drill-secret", "--config", "drill-config", "swarm-ha/none:1"],
    );
  });
  after(async () => {
    await elsewhere.destroy();
    await removeVolume();
  });

  it("stores a follower's state, which a scratch Docker engine restores with everything in it", async () => {
    assert.deepEqual(await list(first), []);
    const { seconds, output } = await first.good("backup", [NAME, "--verify"]);
    figure("npm run backup --verify", seconds);
    const away = Number(/was away for ([\d.]+) s/.exec(output)?.[1]);
    figure("the Docker engine of a manager during its backup", away);
    assert.ok(away < 30, output);
    const [stored, ...more] = await list(first);
    assert.deepEqual(more, []);
    assert.notEqual(stored?.manager, (await first.nodes()).find((node) => node.ManagerStatus === "Leader")?.Hostname);
    await first.untilHealthy(60);
  });

  it("starts the Docker engine again when all of it is killed in between", async () => {
    const run = first.tool("backup", [NAME]);
    let host = "";
    await until("a Docker engine to be stopped", 60, async () => {
      for (const name of ["manager-1", "manager-2", "manager-3"]) {
        const said = await first.exec(name, ["bash", "-c", "sv status docker; pgrep -f 'save-swarm' | head -n 1"]);
        if (said.startsWith("down") || said.includes("want down")) host = name;
      }
      return host === "" ? "all of them run" : undefined;
    });
    // The oldest process of the script. The one that watches over it stays, as it does when the connection is lost.
    await first.exec(host, ["pkill", "-KILL", "-o", "-f", "save-swarm"]);
    assert.equal((await run).code, 1);
    const seconds = await until(`the Docker engine of ${host} to run`, 100, async () => {
      const said = await first.exec(host, ["sv", "status", "docker"]);
      return said.startsWith("run") ? undefined : said;
    });
    figure("start of a Docker engine whose backup was killed", seconds);
    await first.untilHealthy();
  });

  it("is not begun while a manager is down, and the majority would depend on the one that is stopped", async () => {
    await first.kill("manager-3");
    await until("manager-3 to be down", 60, async () => {
      const node = (await first.nodes()).find(({ Hostname }) => Hostname === "manager-3");
      return node?.Status === "Down" ? undefined : node?.Status;
    });
    const { code, output } = await first.tool("backup", [NAME]);
    assert.equal(code, 1);
    assert.match(output, /2 of 3 managers are Ready and Reachable/);
    await first.good("repair", [NAME]);
  });

  it("brings an autolocked swarm back on other addresses after all hosts, volumes and the state are gone", async () => {
    await first.onManager(["docker", "swarm", "update", "--autolock=true"]);
    await first.good("backup", [NAME, "--verify"]);
    const [newest] = await list(first);
    assert.equal(newest?.autolock, true);
    await first.destroy();

    await elsewhere.reset();
    await elsewhere.start();
    assert.notEqual(await swarmId(elsewhere), lost);
    const refused = await elsewhere.tool("restore", [NAME, "--yes"], 120);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /--replace-swarm/);

    const { seconds } = await elsewhere.good("restore", [NAME, "--replace-swarm", "--yes"], 600);
    figure("npm run restore onto other addresses, 5 hosts", seconds);
    const { code, status } = await elsewhere.status();
    assert.equal(code, 0, status.problems.join("\n"));
    assert.equal(status.swarmId, lost);
    for (const [kind, name] of Object.entries({
      service: "drill-service",
      secret: "drill-secret",
      config: "drill-config",
    }))
      assert.match(await elsewhere.onManager(["docker", kind, "ls", "--format", "{{.Name}}"]), new RegExp(name));
    for (const name of ["manager-1", "manager-2", "manager-3"]) {
      const at = ["docker", "node", "inspect", name, "--format", "{{.ManagerStatus.Addr}}"];
      assert.match(await elsewhere.onManager(at), /^10\.229\./);
      assert.doesNotMatch(await elsewhere.exec(name, ["iptables", "-t", "nat", "-S", "OUTPUT"]), /2377/);
    }
    // A swarm whose only address is a former one looks well until its managers have to find each other again.
    await elsewhere.kill("manager-1");
    await elsewhere.good("repair", [NAME]);
    await elsewhere.untilHealthy();
  });
});
