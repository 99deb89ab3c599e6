import assert from "node:assert/strict";
import { isVersion } from "../../plan/engine-version";
import { ENGINE_VERSIONS } from "../../config/platforms/local/engines";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const PORTS = portsFrom(23390);
const [OLD, NEW = ""] = ENGINE_VERSIONS;

/** Seconds that the upgrade of a stack of 3 + 1 + 3 hosts may take. */
const LIMIT = 1500;

/** A host whose Docker engine is stopped meanwhile. With a worker, all replicas may be on one host that is then drained. */
const DEAD = "registry-3";

/** What `--json` prints. */
interface Report {
  readonly done: readonly { readonly hosts: readonly string[] }[];
  readonly left: readonly string[];
  readonly refused?: string;
}

/** `npm run upgrade` of a real swarm: from engine to engine, interrupted, and with a dead host. */
describe("the upgrade of a swarm's Docker engines", function () {
  this.timeout(1_800_000);
  const stack = new TestStack("e2e-upgrade", { hosts: "10.233.0.0/20", ports: PORTS });
  let hello: Hello | undefined;

  const configure = (engine: string): void => {
    stack.configure({ local: { ports: PORTS, engine } });
  };
  const engines = async (): Promise<Record<string, string>> => {
    const { status } = await stack.status();
    return status.engines;
  };
  const withEngine = async (version: string): Promise<string[]> =>
    Object.entries(await engines()).flatMap(([name, engine]) => (isVersion(engine, version) ? [name] : []));
  /** Upgrades, and ends the command the hard way after the first batch. */
  const interrupt = async (): Promise<void> => {
    const ran = await stack.tool("upgrade", [stack.name, "--skip-major", "--yes"], LIMIT, (output, kill) => {
      if (/Upgrading [^]*Waiting until the cluster is healthy/.test(output)) kill();
    });
    assert.equal(ran.code, null, ran.output);
  };
  const example = (): Hello => {
    assert.ok(hello !== undefined);
    return hello;
  };

  before(async () => {
    await stack.reset();
    configure(OLD);
    await stack.start();
    hello = new Hello(stack, await stack.outputs());
    await hello.deploy();
    await hello.untilAnswers();
  });
  after(() => stack.destroy());

  it("has nothing to do while all hosts have the configured one", async () => {
    const { stdout } = await stack.good("upgrade", [stack.name], 120);
    assert.match(stdout, /nothing to do/);
  });

  it("refuses to leave out a major version unless that is accepted, and changes nothing", async () => {
    configure(NEW);
    const before = await stack.identities();
    const { code, stdout } = await stack.tool("upgrade", [stack.name, "--json"], 600);
    assert.equal(code, 1);
    const { refused, done } = JSON.parse(stdout) as Report;
    assert.match(refused ?? "", /--skip-major/);
    assert.deepEqual(done, []);
    assert.deepEqual(await stack.identities(), before);
  });

  it("serves while it is ended, goes on past a dead host, and takes that one at last", async () => {
    const load = new Load(
      () =>
        example()
          .ask()
          .then(() => undefined),
      // Half an hour.
      18_000,
    );
    const report = (what: string, from: number): void => {
      const { requests, failed, longestGap, slowest } = load.report(from);
      const times = `the longest gap ${longestGap.toFixed(1)} s, the slowest answer ${slowest.toFixed(1)} s`;
      console.log(`        ${what}: ${requests} requests, ${failed.length} failed; ${times}`);
      assert.deepEqual(failed, [], what);
      assert.ok(requests > 0);
    };
    configure(NEW);
    try {
      let from = Date.now();
      await interrupt();
      // Both are in the swarm, and that is no problem.
      await stack.untilHealthy();
      const first = await withEngine(NEW);
      const some = await withEngine(OLD);
      assert.ok(first.length > 0 && some.length > 0, `the new one is on ${first.join(", ")}`);
      report("a run that was ended", from);

      await stack.exec(DEAD, ["sv", "-w", "50", "stop", "/etc/service/docker"]);
      await until(`${DEAD} to be Down`, 60, async () => {
        const { status } = await stack.status();
        const seen = status.nodes.find(({ name }) => name === DEAD)?.status;
        return seen === "Down" ? undefined : String(seen);
      });
      from = Date.now();
      const past = await stack.tool("upgrade", [stack.name, "--skip-major", "--yes", "--json"], LIMIT);
      figure("upgrade of all hosts that are left, past a dead one", past.seconds);
      const { done, left, refused } = JSON.parse(past.stdout) as Report;
      assert.deepEqual([past.code, refused], [1, undefined], past.output.slice(-3000));
      assert.match(left.join("\n"), new RegExp(`${DEAD} is dead`));
      const order = done.flatMap(({ hosts }) => hosts);
      assert.deepEqual([...order].sort(), some.filter((host) => host !== DEAD).sort());
      assert.ok(order.at(-1)?.startsWith("manager-"), order.join(" "));
      report("past a dead host", from);

      await stack.good("repair", [stack.name, "--yes"], 300);
      from = Date.now();
      const last = await stack.good("upgrade", [stack.name, "--skip-major", "--yes", "--json"], LIMIT);
      figure("upgrade of the last host", last.seconds);
      assert.deepEqual(
        (JSON.parse(last.stdout) as Report).done.flatMap(({ hosts }) => hosts),
        [DEAD],
      );
      report("the last host", from);
    } finally {
      await load.stop();
    }
    assert.deepEqual(await withEngine(OLD), []);
    await stack.untilHealthy();
    assert.match((await stack.good("upgrade", [stack.name], 120)).stdout, /nothing to do/);
  });

  it("refuses to go back", async () => {
    configure(OLD);
    const { code, stdout } = await stack.tool("upgrade", [stack.name, "--skip-major", "--json"], 300);
    assert.equal(code, 1);
    assert.match((JSON.parse(stdout) as Report).refused ?? "", /older Docker engine/);
    configure(NEW);
  });
});
