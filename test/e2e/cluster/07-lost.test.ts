import assert from "node:assert/strict";
import { pause } from "../../support/pause";
import { followStatus } from "../../support/remedy";
import { figure, succeed } from "../../support/run";
import { CLUSTER, HOSTS, useSharedStack } from "../../support/shared-stack";

const OTHERS = ["bastion", "lb-manager", "lb-registry", "lb-app"];
const REGISTRIES = HOSTS.filter((host) => host.startsWith("registry-"));

describe("what was removed behind the stack's back", function () {
  this.timeout(600_000);
  const stack = useSharedStack(CLUSTER);
  const docker = (...args: string[]): Promise<string> => succeed("docker", args, { limit: 60 });
  const nodeIds = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await stack.nodes()).map(({ Hostname, ID }) => [Hostname, ID]));
  const names = (hosts: readonly string[]): string[] => hosts.map((host) => stack.container(host));

  it("all containers and the network: the command that status names brings the same swarm back", async () => {
    const before = { ids: await nodeIds(), swarm: await stack.swarmIds() };
    await stack.remove(...HOSTS, ...OTHERS);
    await docker("network", "rm", stack.name);
    const { seconds } = await followStatus(stack, [
      /^The stack's Docker network is gone: no stopped container can start: npm run repair/,
      /^The containers of .*manager-1.* were removed; the data are still there: npm run repair/,
    ]);
    figure("npm run repair after all containers and the network were removed", seconds);
    assert.deepEqual({ ids: await nodeIds(), swarm: await stack.swarmIds() }, before);
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("the network of a stopped stack, a host with its data, the registry's volume, a name: npm start makes it whole", async () => {
    const before = await nodeIds();
    await stack.kill(...HOSTS, ...OTHERS);
    await stack.lose("worker-1");
    await stack.remove(...REGISTRIES);
    await docker("volume", "rm", `${stack.name}-registry`);
    await docker("rename", stack.container("worker-2"), `${stack.name}-mine`);
    await docker("network", "rm", stack.name);
    const planned = await stack.good("repair", [stack.name, "--dry-run"], 120);
    assert.match(planned.output, new RegExp(`The volume ${stack.name}-registry is lost, and is recreated empty`));
    const { seconds, output } = await stack.start();
    figure("npm start after the network, a host's data and the registry's were lost", seconds);
    assert.match(output, /Replacing worker-1 /);
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    const after = await nodeIds();
    assert.notEqual(after["worker-1"], before["worker-1"]);
    assert.deepEqual({ ...after, "worker-1": "" }, { ...before, "worker-1": "" });
    const found = (await stack.containers()).map(({ Names }) => Names);
    assert.deepEqual(found, names([...HOSTS, ...OTHERS]).sort());
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("services of the stack's own, settings of nodes: repair mends what status names", async () => {
    const [first] = await stack.nodes();
    assert.ok(first !== undefined);
    await stack.onManager(["docker", "service", "rm", "swarm-ha-registry_registry", "swarm-ha-ingress_ping"]);
    await stack.onManager(["docker", "node", "update", "--availability", "drain", "worker-3"]);
    await stack.onManager(["docker", "node", "update", "--label-rm", "swarm-ha.zone", "worker-2"]);
    await stack.remove("lb-app");
    const { seconds } = await followStatus(stack, [
      /^The service swarm-ha-registry_registry is gone/,
      /^The service swarm-ha-ingress_ping is gone/,
      /^worker-3 .* has availability Drain instead of Active/,
      /^worker-2 .* lacks node label swarm-ha.zone/,
      /^The container of lb-app was removed/,
    ]);
    figure("npm run repair of services, settings and a load balancer", seconds);
  });

  it("while it is unchanged for the state, an up reports it and fails", async () => {
    await pause(stack.container("registry-2"));
    try {
      await stack.upPast("registry-2");
      const { output } = await stack.pulumi("refresh", "--yes", "--skip-preview");
      assert.match(output, /Resources:\s+\d+ unchanged/);
      assert.match(output, /registry-2 was not asked: its container is paused/);
    } finally {
      await followStatus(stack, [/^The container of registry-2 is paused: npm run repair/]);
    }
  });
});
