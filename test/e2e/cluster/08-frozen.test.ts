import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { pause } from "../../support/pause";
import { figure, succeed, until, type Ran } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

/** Seconds of an `up` with one step that ends within a minute: the rest is Pulumi's own start. */
const LIMIT = 90;

describe("hosts that freeze or die under a step", function () {
  this.timeout(600_000);
  const stack = useSharedStack(CLUSTER);
  const docker = (...args: string[]): Promise<string> => succeed("docker", args, { limit: 30 });
  const frozen = stack.container("worker-2");
  const label = (storage: string): void => {
    stack.configure({ workers: { worker: { count: 3, labels: { "com.example.storage": storage } } } });
  };
  const up = (): Promise<Ran> =>
    stack.tool("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name]);

  afterEach(async () => {
    // What a test has already set right is refused.
    await docker("unpause", frozen).catch(() => undefined);
    await stack.revive("bastion");
    stack.configure();
    await stack.pulumi("up", "--yes", "--skip-preview");
    await stack.untilHealthy();
  });

  it("a paused worker ends the change of its label within a minute, and is named", async () => {
    label("hdd");
    await pause(frozen);
    const { code, output, seconds } = await up();
    figure("pulumi up of a label while a worker is paused", seconds);
    assert.notEqual(code, 0);
    assert.match(
      output,
      /prepare on bastion: worker-2 \([\d.]+:22\) accepted no connection .* within 45 s; saw last: .*timed out/,
    );
    assert.ok(seconds < LIMIT, `took ${seconds} s`);
    await docker("unpause", frozen);
    await stack.pulumi("up", "--yes", "--skip-preview");
    const [labels = ""] = (await docker("exec", frozen, "docker", "info", "--format", "{{.Labels}}")).split("\n");
    assert.match(labels, /com\.example\.storage=hdd/);
  });

  it("a bastion that is killed during a step ends the up, and the next one goes on", async () => {
    label("nvme");
    await pause(frozen);
    const ran = up();
    // The step of the frozen worker waits on the bastion.
    await until("the step to wait", 180, () =>
      stack.exec("bastion", ["pgrep", "-f", "^ssh -F none"]).then(() => undefined, String),
    );
    await sleep(1000);
    const begun = Date.now();
    await stack.kill("bastion");
    const { code, output } = await ran;
    figure("end of pulumi up after its bastion was killed", (Date.now() - begun) / 1000);
    assert.notEqual(code, 0);
    assert.match(output, /prepare-worker-2/);
    assert.ok(Date.now() - begun < LIMIT * 1000, `took ${Date.now() - begun} ms`);
    await stack.revive("bastion");
    await docker("unpause", frozen);
    await stack.pulumi("up", "--yes", "--skip-preview");
    assert.match(
      await docker("exec", frozen, "docker", "info", "--format", "{{.Labels}}"),
      /com\.example\.storage=nvme/,
    );
  });

  it("a bastion that is paused is found before the run begins", async () => {
    await pause(stack.container("bastion"));
    try {
      const { code, output, seconds } = await up();
      assert.equal(code, 1);
      assert.match(
        output,
        /Nothing was done: the bastion of the stack e2e takes connections at 127\.0\.0\.1:\d+, but shows no/,
      );
      assert.ok(seconds < 40, `took ${seconds} s`);
    } finally {
      await docker("unpause", stack.container("bastion"));
    }
  });
});
