import assert from "node:assert/strict";
import { HostsStack } from "../../support/hosts/hosts-stack";
import { beginHosts, hosts } from "../../support/hosts/shared-hosts";
import type { TestHost } from "../../support/hosts/test-hosts";
import { figure } from "../../support/run";
import { IMAGE, WebService } from "../../support/web-service";

const OLD: readonly TestHost[] = [
  { name: "old-manager", at: 71 },
  { name: "old-registry", at: 72 },
  { name: "old-worker", at: 73 },
];

/** What must not change: the process of each Docker engine, and the start of each container of the user's. */
const RUNNING = `systemctl show -P MainPID docker
docker ps --no-trunc --filter label=com.docker.swarm.service.name=precious --format '{{.ID}}' | xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Pid}}'`;

describe("a swarm that was made by hand", function () {
  this.timeout(300_000);
  const address = (name: string): string => hosts.address(hosts.host(name).at);
  let stack: HostsStack;
  let unchanged = "";
  let swarmId = "";

  const running = async (): Promise<string> =>
    (await Promise.all(OLD.map(({ name }) => hosts.bash(name, RUNNING)))).join("---\n");

  before(async () => {
    await beginHosts();
    await hosts.create(...OLD);
    const docker = (host: string, ...args: string[]): Promise<string> => hosts.exec(host, ["docker", ...args]);
    await docker("old-manager", "swarm", "init", "--advertise-addr", address("old-manager"));
    const token = (await docker("old-manager", "swarm", "join-token", "-q", "worker")).trim();
    for (const name of ["old-registry", "old-worker"])
      await docker(name, "swarm", "join", "--token", token, `${address("old-manager")}:2377`);
    await new WebService(new HostsStack("hosts-adopt", hosts, plan())).load("old-worker");
    const options = ["--name", "precious", "--constraint", "node.hostname==old-worker", "--no-resolve-image", "-q"];
    await docker("old-manager", "service", "create", ...options, IMAGE);
    swarmId = (await docker("old-manager", "info", "-f", "{{.Swarm.Cluster.ID}}")).trim();
    stack = new HostsStack("hosts-adopt", hosts, plan());
    await stack.reset();
    unchanged = await running();
    assert.match(unchanged, /T\d\d:/);
  });

  after(async () => {
    for (const { name } of OLD) if (hosts.names.includes(name)) await hosts.lose(name);
  });

  const plan = () => ({
    zones: ["rack-1"],
    // Each tier has one host: its own address serves as the load balancer's.
    loadBalancers: {
      manager: `${hosts.address(71)}:2376`,
      registry: `${hosts.address(72)}:5000`,
      app: `${hosts.address(73)}:443`,
    },
    inventory: OLD.map(({ name }) => ({
      name,
      role: name.slice("old-".length) as "manager" | "registry" | "worker",
      zone: "rack-1",
    })),
  });

  it("is refused and not touched unless it is to be adopted", async () => {
    const { code, output } = await stack.tool("pulumi", ["up", "--yes", "--skip-preview", "-s", stack.name]);
    assert.notEqual(code, 0);
    assert.match(output, /adopt: true/);
    assert.equal(await running(), unchanged);
  });

  it("is adopted without a restart: the same swarm, its service and its Docker engines go on", async () => {
    stack.edit((section) => {
      section["adopt"] = true;
    });
    const { output } = await stack.good("preflight", [stack.name], 120);
    assert.match(output, /precious/);
    const { seconds } = await stack.up();
    figure("pulumi up that adopts a swarm of 3 hosts", seconds);
    assert.equal(await running(), unchanged);
    const { status } = await stack.status();
    assert.deepEqual(status.problems, []);
    assert.equal(status.swarmId, swarmId);
    const services = await hosts.exec("old-manager", [
      "docker",
      "service",
      "ls",
      "--format",
      "{{.Name}} {{.Replicas}}",
    ]);
    assert.match(services, /^precious 1\/1$/m);
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
