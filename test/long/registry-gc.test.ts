import assert from "node:assert/strict";
import { RegistryClient } from "../support/registry";
import { figure, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

/** Starts an upload, which a registry that takes no pushes refuses. */
const UPLOAD = `-X POST "https://$R/v2/drill/any/blobs/uploads/"`;

describe("the collection of the registry's garbage", function () {
  this.timeout(900_000);
  const stack = new TestStack("e2e-garbage", { hosts: "10.219.0.0/20", ports: portsFrom(23250) });

  before(() => stack.reset().then(() => stack.start()));
  after(() => stack.destroy());

  it("frees its space, refuses pushes meanwhile, and no pull", async () => {
    const registry = new RegistryClient(stack, await stack.outputs());
    const kept = "drill/kept:1";
    await registry.makeImage("worker-1", kept, 1);
    assert.equal((await registry.push("worker-1", kept)).code, 0);
    const wanted = await registry.pull("worker-3", kept);
    await registry.leaveGarbage("worker-1", "drill/gone:1", 20);
    await registry.makeImage("worker-1", "drill/damaged:1", 1);
    assert.equal((await registry.push("worker-1", "drill/damaged:1")).code, 0);
    const damaged = await registry.damageLayer("registry-1", "drill/damaged");
    const upload = (): Promise<string> => registry.status("worker-1", UPLOAD, true);
    assert.equal(await upload(), "202");
    const before = await registry.size("registry-1");

    let meanwhile: Promise<string> | undefined;
    const ended = new AbortController();
    const collecting = stack.tool("registry-gc", [stack.name, "--mend"], 600, (output) => {
      if (output.includes("Collecting")) meanwhile ??= upload();
    });
    const end = (): void => {
      ended.abort();
    };
    collecting.then(end, end);
    let [pulls, longest] = [0, 0];
    for (; !ended.signal.aborted; pulls++) {
      // A pull that meets a replica in the moment of its restart is repeated, as the swarm repeats those of its tasks.
      const took = await until("a pull", 30, async () => {
        assert.equal(await registry.pull("worker-3", kept), wanted);
        return undefined;
      });
      longest = Math.max(longest, took);
    }
    const { code, output, seconds } = await collecting;
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`Repaired: drill/damaged: the link of a layer .*${damaged}`));
    assert.match(await registry.link("registry-1", damaged), /^sha256:[0-9a-f]{64}$/);
    // The upload that was begun above.
    assert.match(output, /Removed: \d+ unfinished upload/);
    figure("garbage collected", seconds);
    figure(`the longest of ${pulls} pulls meanwhile, repeats included`, longest);
    assert.equal(await meanwhile, "405", "a push while it collects");
    assert.equal(await upload(), "202");
    const freed = before - (await registry.size("registry-1"));
    assert.ok(freed > 20_000_000, `${freed} bytes were freed`);
    assert.equal(await registry.pull("worker-3", kept), wanted);
    await registry.pull("worker-3", "drill/damaged:1");
    await assert.rejects(registry.pull("worker-3", "drill/gone:1"), /manifest unknown|not found/);
  });
});
