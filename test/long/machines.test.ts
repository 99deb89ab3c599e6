import assert from "node:assert/strict";
import { HostsStack } from "../support/hosts/hosts-stack";
import type { TestHost } from "../support/hosts/test-hosts";
import { TestMachines } from "../support/hosts/test-machines";
import { figure, run, until } from "../support/run";
import { IMAGE, WebService } from "../support/web-service";

/** In one zone, and each tier has one host: its own address serves as the load balancer's. */
const MACHINES: readonly TestHost[] = [
  { name: "manager-1", at: 21 },
  { name: "registry-1", at: 31 },
  { name: "worker-1", at: 41 },
  { name: "worker-2", at: 42 },
];
const NAMES = MACHINES.map(({ name }) => name);
const WORKERS = ["worker-1", "worker-2"];

/** Port of the routing mesh that the tests publish. */
const PUBLISHED = 8099;
/** Seconds: a first `up` and a power cut, on emulated machines. */
const SLOW = 1200;

/** What containers as hosts can't show where the workstation's kernel has no IP_VS and no ESP. */
describe("virtual machines as hosts, with a kernel that has IP_VS and ESP", function () {
  this.timeout(SLOW * 1000);
  const machines = new TestMachines("long-machines", "10.226.0");
  const stack = new HostsStack("long-machines", machines, {
    zones: ["rack-1"],
    loadBalancers: {
      manager: `${machines.address(21)}:2376`,
      registry: `${machines.address(31)}:5000`,
      app: `${machines.address(41)}:443`,
    },
    inventory: NAMES.map((name) => {
      const [role = ""] = name.split("-");
      return { name, role: role as "manager" | "registry" | "worker", zone: "rack-1" };
    }),
  });

  const docker = (host: string, ...args: string[]): Promise<string> => machines.exec(host, ["docker", ...args]);

  /** Makes an overlay network and a service on it, one task on each worker, and waits for both. */
  async function serve(network: string, service: string, options: readonly string[]): Promise<void> {
    const where = ["--constraint", "node.labels.swarm-ha.role==worker", "--replicas-max-per-node", "1"];
    await docker("manager-1", "network", "create", "-d", "overlay", "--attachable", ...options, network);
    await docker(
      "manager-1",
      ...["service", "create", "-q", "--detach", "--name", service, "--replicas", "2", "--network", network],
      ...["--no-resolve-image", ...where, ...(options.length === 0 ? ["-p", `${String(PUBLISHED)}:8080`] : []), IMAGE],
    );
    await until(`both tasks of ${service} to run`, 180, async () => {
      const seen = await docker("manager-1", "service", "ps", "--no-trunc", service);
      return (seen.match(/Running +Running/g) ?? []).length === 2 ? undefined : seen;
    });
  }

  /** Asks a service by its name, from a container of its network on a worker, until both tasks have answered. */
  async function bothAnswer(network: string, service: string, host: string): Promise<string> {
    const ask = `getent hosts ${service} || true; for i in 1 2 3 4 5 6; do curl -sS --max-time 5 http://${service}:8080/; echo; done`;
    let seen = "";
    await until(`both tasks of ${service} to answer on ${host}`, 60, async () => {
      seen = await docker(host, "run", "--rm", "--network", network, IMAGE, "bash", "-c", ask);
      const answered = new Set(seen.split("\n").filter((line) => /^[0-9a-f]{12}$/.test(line)));
      return answered.size === 2 ? undefined : seen;
    });
    return seen;
  }

  before(async () => {
    await machines.begin();
    await machines.create(...MACHINES);
    await stack.reset();
  });
  after(async () => {
    await machines.remove();
  });

  it("come up healthy at the first up, and have nothing to do afterwards", async () => {
    figure("pulumi up on 4 virtual machines", (await stack.up()).seconds);
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
    const { output } = await stack.good("preflight", [stack.name], 120);
    assert.doesNotMatch(output, /ip_vs|esp4/);
  });

  it("reach a service by its virtual address, and from every node by the routing mesh", async () => {
    await new WebService(stack).load(...WORKERS);
    await serve("plain", "mesh", []);
    const virtual = (
      await docker("manager-1", "service", "inspect", "-f", "{{json .Endpoint.VirtualIPs}}", "mesh")
    ).match(/\d+\.\d+\.\d+\.\d+(?=\/)/g);
    for (const host of WORKERS) {
      await bothAnswer("plain", "mesh", host);
      assert.match(await machines.exec(host, ["cat", "/proc/net/ip_vs"]), /^IP Virtual Server/);
    }
    assert.equal(virtual?.length, 2, "a virtual address on the network and one on ingress");
    for (const { name, at } of MACHINES) {
      const url = `http://${machines.address(at)}:${String(PUBLISHED)}/`;
      await until(`the routing mesh to answer on ${name}`, 60, async () => {
        const { code, output } = await run("curl", ["-sS", "--fail", "--max-time", "5", url], { limit: 10 });
        return code === 0 ? undefined : output;
      });
    }
  });

  it("encrypt what an encrypted overlay network carries between nodes", async () => {
    const bytes = async (host: string): Promise<number> => {
      const states = await machines.bash(host, "ip -s xfrm state");
      return [...states.matchAll(/(\d+)\(bytes\)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    await serve("sealed", "secret", ["--opt", "encrypted"]);
    const before = await Promise.all(WORKERS.map(bytes));
    for (const host of WORKERS) await bothAnswer("sealed", "secret", host);
    const now = await Promise.all(WORKERS.map(bytes));
    for (const [i, host] of WORKERS.entries()) assert.ok((now[i] ?? 0) > (before[i] ?? 0), `${host}: no packet by ESP`);
  });

  it("are healthy again after a power cut of all, without anybody's help", async () => {
    await machines.kill(...NAMES);
    await machines.start(...NAMES);
    figure("a power cut of all virtual machines, from their boot until healthy", await stack.untilHealthy(300));
    for (const host of WORKERS) await bothAnswer("sealed", "secret", host);
  });

  it("are left as they were by destroy", async () => {
    await docker("manager-1", "service", "rm", "mesh", "secret");
    figure("destroy", (await stack.good("destroy", [stack.name, "--yes"], 300)).seconds);
    for (const host of NAMES) {
      assert.equal((await docker(host, "info", "-f", "{{.Swarm.LocalNodeState}}")).trim(), "inactive");
    }
  });
});
