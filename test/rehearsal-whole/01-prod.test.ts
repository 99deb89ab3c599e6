/** The life of production on the simulated AWS. Its order is a story: each test goes on from the one before. */
import assert from "node:assert/strict";
import { figure, until, type Ran } from "../support/run";
import { SimulatedAws } from "../rehearsal/drive/simulated-aws";

/** Where worker-5 is. */
const ZONE = "eu-central-1b";

/** Keys of the stack file for a number of workers. */
const workers = (count: number): Record<string, unknown> => ({ workers: { worker: { count } } });

describe("the stack prod on the simulated AWS", function () {
  this.timeout(1_200_000);
  let aws: SimulatedAws;
  // The up itself ends well only when it has seen a healthy cluster. One look at a busy moment may time out.
  const healthy = (): Promise<number> =>
    until("prod to be healthy", 60, async () => {
      const { code, status } = await aws.workstation.status();
      return code === 0 ? undefined : status.problems.join("\n");
    });
  const ids = (): Record<string, string> =>
    Object.fromEntries(aws.instances().map(({ id, tags }) => [tags["swarm-ha.host"] ?? "", id]));

  /** An `up` that may fail or be killed. */
  const rawUp = (watch?: (output: string, kill: () => void) => void): Promise<Ran> =>
    aws.workstation.tool(
      "pulumi",
      ["up", "--yes", "--skip-preview", "--color", "never", "-s", "prod"],
      watch === undefined ? {} : { watch },
    );

  before(async () => {
    aws = await SimulatedAws.start("prod");
  });
  after(() => aws.end());

  it("comes up healthy at its first up, and has nothing to do afterwards", async () => {
    figure("up of prod from nothing", (await aws.workstation.up()).seconds);
    await healthy();
    assert.deepEqual(await aws.workstation.preview(), {});
  });

  it("grows from 3 workers to 10 in one up, which resumes a first boot that was cut off without packages; shrinks back", async () => {
    const before = ids();
    await aws.world.failPackages("worker-4", true);
    aws.workstation.configure(workers(10));
    const up = aws.workstation.up();
    const cutOff = async (): Promise<string> => {
      const log = (): Promise<string> => aws.execute("worker-4", ["cat", "/var/log/swarm-ha-boot.log"]);
      await until("worker-4's first boot to miss its packages", 240, async () =>
        (await log()).includes("install_all failed; again") ? undefined : (await log()).slice(-300),
      );
      await aws.execute("worker-4", ["pkill", "-KILL", "-f", "^/bin/bash /var/lib/swarm-ha/boot.sh"]);
      await until("cloud-init to notice it", 60, async () => {
        const seen = await aws.execute("worker-4", ["sh", "-c", "cloud-init status || true"]);
        return seen.includes("error") ? undefined : seen;
      });
      await aws.world.failPackages("worker-4", false);
      return aws.instance("worker-4").id;
    };
    const [{ seconds }, id] = await Promise.all([up, cutOff()]);
    figure("3 to 10 workers, one first boot cut off and resumed", seconds);
    await healthy();
    assert.equal(aws.instance("worker-4").id, id);
    aws.workstation.configure(workers(3));
    figure("10 to 3 workers", (await aws.workstation.up()).seconds);
    await healthy();
    assert.deepEqual(ids(), before);
  });

  it("finishes all else where a zone has no capacity", async () => {
    aws.world.faults.withoutCapacity.add(ZONE);
    aws.workstation.configure(workers(5));
    const failed = await rawUp();
    aws.world.faults.withoutCapacity.clear();
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, /InsufficientInstanceCapacity/);
    assert.ok("worker-4" in ids() && !("worker-5" in ids()), JSON.stringify(ids()));
  });

  it("goes on after ups that were killed: while AWS made an instance, which the next one names, and in a step", async () => {
    let watching: NodeJS.Timeout | undefined;
    const killed = await rawUp((output, kill) => {
      // AWS has the instance, and the provider still waits until it runs.
      if (!output.includes("worker-5 creating")) return;
      watching ??= setInterval(() => {
        if ("worker-5" in ids()) kill();
      }, 20);
    });
    clearInterval(watching);
    assert.equal(killed.code, null, killed.output);
    const unmanaged = aws.instance("worker-5").id;
    await aws.workstation.good("pulumi", ["cancel", "--yes", "-s", "prod"]);

    const next = await rawUp((output, kill) => {
      if (output.includes("prepare-worker-5 creating")) setTimeout(kill, 3000);
    });
    assert.equal(next.code, null, next.output);
    assert.match(next.output, new RegExp(unmanaged));
    await aws.workstation.good("pulumi", ["cancel", "--yes", "-s", "prod"]);

    const last = await aws.workstation.up();
    assert.match(last.output, new RegExp(unmanaged));
    await healthy();
    const made = aws.instances().filter(({ id, tags }) => tags["swarm-ha.host"] === "worker-5" && id !== unmanaged);
    // The rest of what had no capacity.
    assert.deepEqual(
      made.map(({ zone }) => zone),
      [ZONE],
    );
    await aws.terminate(({ id }) => id === unmanaged);
    aws.workstation.configure(workers(3));
    await aws.workstation.up();
    await healthy();
  });

  it("replaces nothing for a newer image, until it is told to", async () => {
    const image = "ami-0123456789abcdef0";
    aws.world.images.add({ id: image, architecture: "amd64" });
    aws.workstation.configure({ aws: { images: { amd64: image } } });
    const before = ids();
    assert.deepEqual(await aws.workstation.preview(), {});
    figure("replace --all", (await aws.workstation.good("replace", ["prod", "--all"], { limit: 1500 })).seconds);
    await healthy();
    for (const [host, id] of Object.entries(ids()).filter(([name]) => name !== "bastion")) {
      assert.notEqual(id, before[host], host);
      assert.equal(aws.instance(host).image, image, host);
    }
  });

  it("refuses its destroy before the first step", async () => {
    const before = ids();
    const { code, output } = await aws.workstation.tool("destroy", ["prod", "--yes"]);
    assert.notEqual(code, 0);
    assert.match(output, /registry-storage/);
    assert.deepEqual(ids(), before);
    await healthy();
  });
});
