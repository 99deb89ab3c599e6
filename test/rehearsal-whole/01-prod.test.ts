/** The life of production on the simulated AWS. Its order is a story: each test goes on from the one before. */
import assert from "node:assert/strict";
import { figure, until } from "../support/run";
import { SimulatedAws } from "../rehearsal/drive/simulated-aws";

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

  before(async () => {
    aws = await SimulatedAws.start("prod");
  });
  after(() => aws.end());

  it("comes up healthy at its first up, and has nothing to do afterwards", async () => {
    figure("up of prod from nothing", (await aws.workstation.up()).seconds);
    await healthy();
    assert.deepEqual(await aws.workstation.preview(), {});
  });

  it("grows from 3 workers to 10 and shrinks back", async () => {
    const before = ids();
    aws.workstation.configure(workers(10));
    figure("3 to 10 workers", (await aws.workstation.up()).seconds);
    await healthy();
    aws.workstation.configure(workers(3));
    figure("10 to 3 workers", (await aws.workstation.up()).seconds);
    await healthy();
    assert.deepEqual(ids(), before);
  });

  it("resumes a first boot that was cut off while it had no packages, in the same up", async () => {
    await aws.world.failPackages("worker-4", true);
    aws.workstation.configure(workers(4));
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
    figure("one more worker, its first boot cut off and resumed", seconds);
    await healthy();
    assert.equal(aws.instance("worker-4").id, id);
  });

  it("finishes all else where a zone has no capacity, and the rest when it has", async () => {
    const zone = "eu-central-1b";
    aws.world.faults.withoutCapacity.add(zone);
    aws.workstation.configure(workers(6));
    const failed = await aws.workstation.tool("pulumi", [
      "up",
      "--yes",
      "--skip-preview",
      "--color",
      "never",
      "-s",
      "prod",
    ]);
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, /InsufficientInstanceCapacity/);
    assert.ok("worker-6" in ids() && !("worker-5" in ids()), JSON.stringify(ids()));
    aws.world.faults.withoutCapacity.clear();
    await aws.workstation.up();
    await healthy();
    assert.equal(aws.instance("worker-5").zone, zone);
  });

  it("goes on after an up that was killed in the middle of making an instance, and names what that left", async () => {
    aws.workstation.configure(workers(7));
    let watching: NodeJS.Timeout | undefined;
    const killed = await aws.workstation.tool(
      "pulumi",
      ["up", "--yes", "--skip-preview", "--color", "never", "-s", "prod"],
      {
        // AWS has the instance, and the provider still waits until it runs.
        watch: (output, kill) => {
          if (!output.includes("worker-7 creating")) return;
          watching ??= setInterval(() => {
            if ("worker-7" in ids()) kill();
          }, 20);
        },
      },
    );
    clearInterval(watching);
    assert.equal(killed.code, null, killed.output);
    assert.ok("worker-7" in ids());
    await aws.workstation.good("pulumi", ["cancel", "--yes", "-s", "prod"]);
    const unmanaged = aws.instance("worker-7").id;
    const next = await aws.workstation.up();
    assert.match(next.output, new RegExp(unmanaged));
    await healthy();
    assert.deepEqual(
      aws
        .instances()
        .flatMap(({ id, tags }) =>
          tags["swarm-ha.host"] === "worker-7" && id !== unmanaged ? [tags["swarm-ha.host"]] : [],
        ),
      ["worker-7"],
    );
    await aws.terminate(({ id }) => id === unmanaged);
  });

  it("goes on after an up that was killed in a step on a host", async () => {
    aws.workstation.configure(workers(8));
    const killed = await aws.workstation.tool(
      "pulumi",
      ["up", "--yes", "--skip-preview", "--color", "never", "-s", "prod"],
      {
        watch: (output, kill) => {
          if (output.includes("prepare-worker-8 creating")) setTimeout(kill, 3000);
        },
      },
    );
    assert.equal(killed.code, null);
    await aws.workstation.good("pulumi", ["cancel", "--yes", "-s", "prod"]);
    await aws.workstation.up();
    await healthy();
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
