import assert from "node:assert/strict";
import { isVersion } from "../../plan/engine-version";
import { ENGINE_VERSIONS } from "../../config/platforms/local/engines";
import { AppClient } from "../support/app-client";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const PORTS = portsFrom(23390);
const [OLD, NEW = ""] = ENGINE_VERSIONS;

/** Seconds that the upgrade of a stack of 3 + 1 + 3 hosts may take. */
const LIMIT = 1500;

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
    return Object.fromEntries(status.nodes.map(({ name, engine }) => [name, engine]));
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
    const outputs = await stack.outputs();
    const { host, port } = new URL(outputs.endpoints.registry ?? "");
    hello = new Hello(stack, new AppClient(outputs), Number(port), host);
    await hello.deploy();
    await until("the example to answer", 60, async () => {
      await example().ask();
      return undefined;
    });
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
    const { refused, done } = JSON.parse(stdout) as { refused: string; done: unknown[] };
    assert.match(refused, /--skip-major/);
    assert.deepEqual(done, []);
    assert.deepEqual(await stack.identities(), before);
  });

  it("goes on where it was ended, serves meanwhile, and status is healthy with both engines in the swarm", async () => {
    const load = new Load(
      () =>
        example()
          .ask()
          .then(() => undefined),
      // Half an hour.
      18_000,
    );
    const begun = Date.now();
    try {
      await interrupt();
      const some = await withEngine(NEW);
      assert.ok(some.length > 0 && (await withEngine(OLD)).length > 0, `the new one is on ${some.join(", ")}`);
      await stack.untilHealthy();
      const { seconds, stdout } = await stack.good("upgrade", [stack.name, "--skip-major", "--yes", "--json"], LIMIT);
      figure("upgrade of the remaining hosts", seconds);
      const { done } = JSON.parse(stdout) as { done: { hosts: string[] }[] };
      const order = done.flatMap(({ hosts }) => hosts);
      assert.deepEqual(
        order.filter((host) => some.includes(host)),
        [],
      );
      assert.ok(order.at(-1)?.startsWith("manager-"), order.join(" "));
    } finally {
      await load.stop();
    }
    const { requests, failed, longestGap } = load.report(begun);
    console.log(`        requests: ${requests}, ${failed.length} failed; the longest gap ${longestGap.toFixed(1)} s`);
    assert.deepEqual(failed, []);
    assert.deepEqual((await withEngine(NEW)).length, Object.keys(await engines()).length);
    await stack.untilHealthy();
    assert.match((await stack.good("upgrade", [stack.name], 120)).stdout, /nothing to do/);
  });

  it("refuses to go back", async () => {
    configure(OLD);
    const { code, stdout } = await stack.tool("upgrade", [stack.name, "--skip-major", "--json"], 300);
    assert.equal(code, 1);
    assert.match((JSON.parse(stdout) as { refused: string }).refused, /older Docker engine/);
    configure(NEW);
  });
});
