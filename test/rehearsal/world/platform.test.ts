import assert from "node:assert/strict";
import { stackValues } from "../../support/aws/stack";
import { PlatformProject } from "./support/project";
import { makeWorld, type Made } from "./support/world";

/** The program's platform on the real engine: everything that AWS would have to say to it, but for the hosts' insides. */
describe("the platform of a stack on the simulated AWS", function () {
  this.timeout(300_000);

  for (const stack of ["test", "prod"]) {
    describe(stack, () => {
      let made: Made;
      let project: PlatformProject;
      const values = { ...stackValues(stack) };
      before(async () => {
        made = await makeWorld(20);
        made.world.addHostedZone("Z0123456789EXAMPLE", "swarm.example.com");
        values["aws"] = { ...(values["aws"] as Record<string, unknown>), protect: false };
        project = await PlatformProject.make(made.world, stack, values);
      });
      after(() => project.remove());

      it("is made at the first `up`", async () => {
        const { create = 0 } = await project.must("up", "--yes", "--skip-preview");
        assert.ok(create > 100, String(create));
      });

      it("doesn't change at the second", async () => {
        assert.deepEqual(await project.must("up", "--yes", "--skip-preview"), {});
      });

      it("has not drifted", async () => {
        assert.deepEqual(await project.must("refresh", "--yes", "--skip-preview"), {});
        assert.deepEqual(await project.must("preview"), {});
      });

      it("goes in an order that AWS accepts, and leaves nothing", async () => {
        await project.must("destroy", "--yes", "--skip-preview");
        const left = [...made.world.cloud.state.tagged()].filter(
          (one) => one.tags["swarm-ha.stack"] === stack && !("state" in one && one.state === "terminated"),
        );
        assert.deepEqual(
          left.map(({ arn }) => arn),
          [],
        );
        assert.equal(made.substrate.vpcs.size, 0);
        assert.equal(made.substrate.instances.size, 0);
        assert.equal(made.substrate.balancers.size, 0);
      });
    });
  }
});
