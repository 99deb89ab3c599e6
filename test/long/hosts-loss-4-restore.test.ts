import assert from "node:assert/strict";
import { Application, MANAGERS, trustAgain, useLossStack } from "../support/hosts/loss-hosts";
import { figure } from "../support/run";

/** What has to be back, by kind. */
const KEPT = { service: "drill-service", secret: "drill-secret", config: "drill-config", network: "drill-net" };

describe("backup and restore on hosts that exist already", function () {
  this.timeout(1_200_000);
  const { stack, hosts } = useLossStack();

  before(async () => {
    await hosts.exec("manager-1", ["docker", "secret", "create", KEPT.secret, "-"], "secret");
    await hosts.exec("manager-1", ["docker", "config", "create", KEPT.config, "-"], "config");
    await hosts.exec("manager-1", ["docker", "network", "create", "-d", "overlay", KEPT.network]);
    const options = ["--quiet", "--detach", "--name", KEPT.service, "--replicas", "0", "--no-resolve-image"];
    const uses = ["--network", KEPT.network, "--secret", KEPT.secret, "--config", KEPT.config];
    await hosts.exec("manager-1", ["docker", "service", "create", ...options, ...uses, "swarm-ha/none:1"]);
  });

  it("stores a follower's state at a restic server, and a scratch Docker engine restores it with everything in it", async () => {
    const { seconds, output } = await stack.good("backup", [stack.name, "--verify"]);
    figure("npm run backup --verify", seconds);
    const away = Number(/was away for ([\d.]+) s/.exec(output)?.[1]);
    figure("the Docker engine of a manager during its backup", away);
    assert.ok(away < 30, output);
    await stack.untilHealthy(60);
  });

  it("brings the swarm back after all managers were re-installed", async () => {
    const application = await Application.deploy();
    const { status: before } = await stack.status();
    await stack.good("backup", [stack.name]);
    await Promise.all(MANAGERS.map((name) => hosts.reimage(name)));
    // Nothing can be changed now, and applications run on.
    await application.ask();
    assert.equal((await stack.status()).code, 2);
    const { code, output } = await stack.tool("recover", [stack.name, "--yes"], 400);
    assert.equal(code, 1);
    assert.match(output, /trust-hosts -- hosts-loss --renew/);

    const destroyed = await stack.good("destroy", [stack.name, "--yes"], 400);
    figure("npm run destroy with all managers re-installed", destroyed.seconds);
    await trustAgain();
    const { seconds: up } = await stack.up();
    figure("pulumi up of the new swarm", up);
    const refused = await stack.tool("restore", [stack.name, "--yes"], 120);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /--replace-swarm/);

    const { seconds } = await stack.good("restore", [stack.name, "--replace-swarm", "--yes"], 800);
    figure("npm run restore, 6 nodes", seconds);
    const { code: healthy, status } = await stack.status();
    assert.equal(healthy, 0, status.problems.join("\n"));
    assert.equal(status.swarmId, before.swarmId);
    for (const [kind, name] of Object.entries(KEPT))
      assert.match(
        await stack.onManager(["docker", kind, "ls", "--format", "{{.Name}}"]),
        new RegExp(`^${name}$`, "m"),
      );
    assert.match(await stack.onManager(["docker", "service", "ls", "--format", "{{.Name}} {{.Mode}}"]), /^web /m);
    await Application.deploy();
  });
});
