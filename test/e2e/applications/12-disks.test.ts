import assert from "node:assert/strict";
import { RegistryClient } from "../../support/registry";
import { until } from "../../support/run";
import { APPLICATIONS, useSharedStack } from "../../support/shared-stack";

describe("a worker whose image store is full", function () {
  this.timeout(180_000);
  const stack = useSharedStack(APPLICATIONS);
  const FOLDER = "/var/lib/docker/tmp";

  it("can't pull, is named by status with what that breaks, and recovers by itself once there is room", async () => {
    const registry = new RegistryClient(stack, await stack.outputs());
    const image = "drill/disk:1";
    await registry.makeImage("worker-2", image, 2);
    assert.equal((await registry.push("worker-2", image)).code, 0);
    // Where the Docker engine puts what it fetches: a filesystem of its own, full.
    await stack.exec("worker-1", [
      "bash",
      "-c",
      `mount -t tmpfs -o size=4m tmpfs ${FOLDER}; cat /dev/zero >${FOLDER}/fill || true`,
    ]);
    try {
      await assert.rejects(registry.pull("worker-1", image), /no space left on device/);
      const { code, status } = await stack.status();
      assert.equal(code, 1);
      assert.match(
        status.problems.join("\n"),
        /Docker's disk is full \(0 KiB free\) on worker-1 \(\/var\/lib\/docker\/tmp\)/,
      );
      const free = status.disks?.find(({ host, mount }) => host === "worker-1" && mount === FOLDER);
      assert.equal(free?.freeKib, 0);
    } finally {
      await stack.exec("worker-1", ["umount", FOLDER]);
    }
    await registry.pull("worker-1", image);
    await until("the status to be healthy", 30, async () => (await stack.status()).status.problems[0]);
  });
});
