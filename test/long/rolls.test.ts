import assert from "node:assert/strict";
import { AppClient } from "../support/app-client";
import { Hello } from "../support/hello";
import { Load } from "../support/load";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const labels = { "com.example.storage": "ssd" };
/** Each host of a pool in another zone than by default. */
const zones = ["zone-b", "zone-c", "zone-a"];

/** Changes that replace whole tiers or rename everything, while an application is asked ten times a second. */
describe("a change of a whole tier", function () {
  this.timeout(900_000);
  const stack = new TestStack("e2e-rolls", { hosts: "10.228.0.0/20", ports: portsFrom(23280) });
  let hello: Hello | undefined;

  const example = (): Hello => {
    assert.ok(hello !== undefined);
    return hello;
  };
  const up = async (what: string, changes: Readonly<Record<string, unknown>>): Promise<void> => {
    stack.configure(changes);
    const { seconds } = await stack.good("pulumi", ["up", "--yes", "--skip-preview", "-s", stack.name], 600);
    figure(what, seconds);
  };
  /** `up` under load. @returns requests that failed */
  const underLoad = async (what: string, changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
    const load = new Load(() =>
      example()
        .ask()
        .then(() => undefined),
    );
    const begun = Date.now();
    try {
      await up(what, changes);
    } finally {
      await load.stop();
    }
    const { requests, failed, longestGap, slowest } = load.report(begun);
    console.log(`        requests: ${requests}, ${failed.length} failed; the longest gap ${longestGap.toFixed(1)} s`);
    console.log(`        the slowest answer: ${slowest.toFixed(1)} s`);
    return failed;
  };
  const workers = async (): Promise<string[]> =>
    (await stack.nodes()).map(({ Hostname }) => Hostname).filter((name) => !/^(manager|registry)-/.test(name));

  before(async () => {
    await stack.reset();
    await stack.start();
    hello = new Hello(stack, await stack.outputs());
    await hello.deploy();
    await hello.untilAnswers();
  });
  after(() => stack.destroy());

  it("a pool with another name joins and serves before the old one goes", async () => {
    const failed = await underLoad("up that renames a pool of 3", { workers: { other: { count: 3, labels } } });
    assert.deepEqual(failed, []);
    assert.deepEqual((await workers()).sort(), ["other-1", "other-2", "other-3"]);
  });

  it("a pool that moves to other zones is replaced in batches", async () => {
    const before = await stack.identities();
    const failed = await underLoad("up that moves a pool of 3", { workers: { other: { count: 3, labels, zones } } });
    assert.deepEqual(failed, []);
    const after = await stack.identities();
    for (const name of ["other-1", "other-2", "other-3"]) assert.notEqual(after[name], before[name]);
    assert.equal(after["manager-1"], before["manager-1"]);
    await stack.untilHealthy();
  });

  it("another domain replaces no host", async () => {
    const before = await stack.identities();
    await up("up with another domain", {
      workers: { other: { count: 3, labels, zones } },
      domain: "renamed.localhost",
    });
    const after = await stack.identities();
    const hosts = (all: Record<string, string>): [string, string][] =>
      Object.entries(all).filter(([name]) => !name.startsWith("lb-"));
    assert.deepEqual(hosts(after), hosts(before));
    const outputs = await stack.outputs();
    assert.match(outputs.endpoints.app ?? "", /\*\.app\.renamed\.localhost/);
    const client = new AppClient(outputs);
    await until("the example to answer under its new name", 60, async () => {
      const { status, body } = await client.ask("hello", "/");
      return status === 200 ? undefined : `${status} ${body}`;
    });
    await stack.untilHealthy();
  });
});
