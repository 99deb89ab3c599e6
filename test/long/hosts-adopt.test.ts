import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostsStack, type HostsPlan } from "../support/hosts/hosts-stack";
import { TestHosts, type TestHost } from "../support/hosts/test-hosts";
import { figure } from "../support/run";
import { IMAGE, WebService } from "../support/web-service";

const MANAGERS: readonly TestHost[] = [
  { name: "old-1", at: 21 },
  { name: "old-2", at: 22, user: "root" },
  { name: "old-3", at: 23 },
];
/** The worker of the old swarm, and a host that is in none yet. */
const OTHERS: readonly TestHost[] = [
  { name: "old-worker", at: 41 },
  { name: "registry-1", at: 31 },
];
const OLD = [...MANAGERS, ...OTHERS.slice(0, 1)].map(({ name }) => name);

/** What must not change: the process of each Docker engine, and the start of each container of the user's on the worker. */
const ENGINE = "systemctl show -P MainPID docker";
const CONTAINERS = `docker ps --no-trunc --filter label=com.docker.swarm.service.name=precious --format '{{.ID}}' |
  xargs -r docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Pid}}'`;

describe("a swarm of three managers and a worker that was made by hand", function () {
  this.timeout(600_000);
  const hosts = new TestHosts("hosts-adopted", "10.223.0");
  const address = (name: string): string => hosts.address(hosts.host(name).at);
  const docker = (host: string, ...args: string[]): Promise<string> => hosts.exec(host, ["docker", ...args]);
  const plan: HostsPlan = {
    zones: ["rack-1", "rack-2", "rack-3"],
    loadBalancers: { manager: "10.223.0.21:2376", registry: "10.223.0.31:5000", app: "10.223.0.41:443" },
    more: { adopt: true, engine: { source: "installed" } },
    inventory: [
      ...MANAGERS.map(({ name }, i) => ({ name, role: "manager" as const, zone: `rack-${String(i + 1)}` })),
      { name: "old-worker", role: "worker", zone: "rack-1", labels: { "com.example.storage": "ssd" } },
      { name: "registry-1", role: "registry", zone: "rack-2" },
    ],
  };
  const stack = new HostsStack("hosts-adopted", hosts, plan);
  let unchanged = "";
  let swarmId = "";

  const running = async (): Promise<string> => {
    const engines = await Promise.all(OLD.map((name) => hosts.bash(name, ENGINE)));
    return [...engines, await hosts.bash("old-worker", CONTAINERS)].join("");
  };

  before(async () => {
    await hosts.begin();
    await hosts.create(...MANAGERS, ...OTHERS, { name: "jump", at: 10, image: "bare" });
    await docker("old-1", "swarm", "init", "--advertise-addr", address("old-1"));
    const token = async (role: string): Promise<string> =>
      (await docker("old-1", "swarm", "join-token", "-q", role)).trim();
    for (const name of ["old-2", "old-3"])
      await docker(name, "swarm", "join", "--token", await token("manager"), `${address("old-1")}:2377`);
    await docker("old-worker", "swarm", "join", "--token", await token("worker"), `${address("old-1")}:2377`);
    await new WebService(stack).load("old-2", "old-worker");
    for (const [name, host] of [
      ["precious", "old-worker"],
      ["wandering", "old-2"],
    ] as const) {
      const options = ["--name", name, "--no-resolve-image", "-q"];
      const where = name === "precious" ? ["--constraint", `node.hostname==${host}`] : [];
      await docker("old-1", "service", "create", ...options, ...where, IMAGE);
    }
    swarmId = (await docker("old-1", "info", "-f", "{{.Swarm.Cluster.ID}}")).trim();
    await stack.reset();
    unchanged = await running();
    assert.match(unchanged, /T\d\d:/);
  });
  after(() => hosts.remove());

  describe("is imported from another tool's file:", () => {
    const imported = new HostsStack("hosts-imported", hosts, { ...plan, inventory: [] });
    const ssh = "Host *\n  ProxyJump jump\nHost jump\n  HostName 10.223.0.10\n  ProxyJump none\n";
    const each = MANAGERS.map(({ name, at, user = "admin" }) => ({ name, at, user, group: "managers" })).concat(
      OTHERS.map(({ name, at }) => ({
        name,
        at,
        user: "admin",
        group: name === "old-worker" ? "workers" : "registry",
      })),
    );
    const zone = (i: number): string => `rack-${String(1 + (i % 3))}`;
    const ini = each
      .map(
        ({ name, at, user, group }, i) =>
          `[${group}]\n${name} ansible_host=10.223.0.${String(at)} ansible_user=${user} zone=${zone(i)}\n`,
      )
      .join("");
    const config = each
      .map(({ name, at, user }) => `Host ${name}\n  HostName 10.223.0.${String(at)}\n  User ${user}\n`)
      .join("");

    for (const [kind, file, text, options] of [
      ["an Ansible inventory", "hosts.ini", ini, []],
      [
        "OpenSSH's settings with a jump host",
        "ssh-config",
        `${config}${ssh}`,
        each.flatMap(({ name, group }, i) => [
          ...["--role", `${name}=${group.replace(/s$/, "")}`],
          ...["--zone", `${name}=${zone(i)}`],
        ]),
      ],
    ] as const)
      it(`${kind}; trust-hosts asks for the keys, and a preview accepts the stack`, async () => {
        await imported.reset();
        const from = join(imported.home, file);
        writeFileSync(from, text);
        const { output } = await imported.good(
          "import-hosts",
          [imported.name, "--from", from, ...options, "--write"],
          60,
        );
        assert.match(output, /5 hosts\. Next, their host keys: npm run trust-hosts -- hosts-imported/);
        const refused = await imported.tool("pulumi", ["preview", "-s", imported.name]);
        assert.notEqual(refused.code, 0);
        assert.match(refused.output, /hostKey/);
        const trusted = await imported.good("trust-hosts", [imported.name, "--yes"], 60);
        for (const { name } of each) assert.match(trusted.output, new RegExp(name));
        await imported.pulumi("preview");
      });
  });

  it("is shown as what it is by a preview, and not touched", async () => {
    const { output } = await stack.good("preflight", [stack.name], 120);
    assert.match(output, /precious/);
    await stack.pulumi("preview");
    assert.equal(await running(), unchanged);
  });

  it("is adopted without a restart of Docker engines and containers; a host that was in none joins it", async () => {
    const { seconds } = await stack.up();
    figure("pulumi up that adopts a swarm of 4 nodes", seconds);
    assert.equal(await running(), unchanged);
    const { status } = await stack.status();
    assert.deepEqual(status.problems, []);
    assert.equal(status.swarmId, swarmId);
    assert.deepEqual(await stack.swarmIds(), [swarmId]);
    const all = [...OLD, "registry-1"].sort();
    assert.deepEqual(status.nodes.map(({ name }) => name).sort(), all);
    const managers = status.nodes.filter(({ managerStatus }) => managerStatus !== "").map(({ name }) => name);
    assert.deepEqual(
      managers.sort(),
      MANAGERS.map(({ name }) => name),
    );
    for (const name of ["precious", "wandering"]) {
      const replicas = await docker("old-1", "service", "ls", "--filter", `name=${name}`, "--format", "{{.Replicas}}");
      assert.equal(replicas.trim(), "1/1", name);
    }
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("keeps its majority and its id when one of its managers is lost and re-installed", async () => {
    await hosts.reimage("old-3");
    await stack.good("trust-hosts", [stack.name, "--renew", "--yes"], 60);
    const { seconds } = await stack.good("repair", [stack.name], 600);
    figure("npm run repair of an adopted manager that was re-installed", seconds);
    await stack.untilHealthy();
    assert.deepEqual(await stack.swarmIds(), [swarmId]);
    const precious = await hosts.bash("old-worker", CONTAINERS);
    assert.ok(unchanged.endsWith(precious), precious);
  });
});
