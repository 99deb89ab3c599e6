import assert from "node:assert/strict";
import { ENGINE_VERSIONS } from "../../config/platforms/local/engines";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { figure } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const PORTS = portsFrom(23290);
const [OLD, NEW = ""] = ENGINE_VERSIONS;

/** Hosts of one Docker engine are replaced by hosts of the next one: in between, the swarm has both. */
describe("a swarm whose hosts get another Docker engine", function () {
  this.timeout(1_800_000);
  const stack = new TestStack("e2e-engines", { hosts: "10.229.0.0/20", ports: PORTS });
  let hello: Hello | undefined;

  const configure = (engine: string): void => {
    stack.configure({ local: { ports: PORTS, engine } });
  };
  const engines = async (): Promise<string[]> => {
    const nodes = (await stack.nodes()).map(({ ID }) => ID);
    const format = "{{.Description.Engine.EngineVersion}}";
    const versions = await stack.onManager(["docker", "node", "inspect", "--format", format, ...nodes]);
    return versions.trim().split("\n");
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

  it("begins with the old one on every host", async () => {
    for (const version of await engines()) assert.ok(version.startsWith(OLD), version);
  });

  it("keeps its hosts when the config names the new one", async () => {
    const before = await stack.identities();
    configure(NEW);
    await stack.start();
    assert.deepEqual(await stack.identities(), before);
  });

  it("serves while both are in the swarm, and replace --all ends with the new one everywhere", async () => {
    const load = new Load(() =>
      example()
        .ask()
        .then(() => undefined),
    );
    const begun = Date.now();
    const mixed = new Set<number>();
    const watch = setInterval(() => {
      void engines().then(
        (versions) => mixed.add(new Set(versions).size),
        () => undefined,
      );
    }, 10_000);
    try {
      const { seconds } = await stack.good("replace", [stack.name, "--all", "--yes"], 1500);
      figure("replace of all hosts, by a newer engine", seconds);
    } finally {
      clearInterval(watch);
      await load.stop();
    }
    const { requests, failed, longestGap } = load.report(begun);
    console.log(`        requests: ${requests}, ${failed.length} failed; the longest gap ${longestGap.toFixed(1)} s`);
    assert.deepEqual(failed, []);
    assert.ok(mixed.has(2), "both Docker engines were never in the swarm at a time");
    for (const version of await engines()) assert.ok(version.startsWith(NEW), version);
    await stack.untilHealthy();
  });
});
