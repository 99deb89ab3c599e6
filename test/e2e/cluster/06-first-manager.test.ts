import assert from "node:assert/strict";
import { figure, until } from "../../support/run";
import { assertNoSecret, knownSecrets, ProcessSampler } from "../../support/secrets";
import { CLUSTER, HOSTS, useSharedStack } from "../../support/shared-stack";

describe("the first manager, which is no exception,", function () {
  this.timeout(300_000);
  const stack = useSharedStack(CLUSTER);

  interface Before {
    readonly identity: string | undefined;
    readonly nodeId: string;
    readonly address: string | undefined;
    readonly swarmIds: readonly string[];
  }
  const look = async (): Promise<Before> => ({
    identity: (await stack.identities())["manager-1"],
    nodeId: (await stack.nodes()).find((node) => node.Hostname === "manager-1")?.ID ?? "",
    address: (await stack.outputs()).hosts["manager-1"]?.address,
    swarmIds: await stack.swarmIds(),
  });
  const assertReplaced = async (before: Before): Promise<void> => {
    const after = await look();
    assert.deepEqual(after.swarmIds, before.swarmIds);
    assert.equal(after.address, before.address);
    assert.notEqual(after.identity, before.identity);
    const nodes = await stack.nodes();
    assert.deepEqual(nodes.map((node) => node.Hostname).sort(), HOSTS);
    assert.ok(!nodes.some((node) => node.ID === before.nodeId), "the old node is still there");
    assert.ok(nodes.every((node) => node.Status === "Ready"));
    figure("healthy after a further", await stack.untilHealthy());
  };

  it("is killed and replaced, and no secret is in a process list or output meanwhile", async () => {
    const before = await look();
    await stack.kill("manager-1");
    // If it was the leader, the others are in doubt until there is a new one; nothing is replaced meanwhile.
    await until("the others to be Ready", 90, async () => {
      const doubtful = (await stack.nodes()).filter((node) => node.Status !== "Ready").map((node) => node.Hostname);
      return doubtful.join(" ") === "manager-1" ? undefined : doubtful.join(" ");
    });
    const sampler = new ProcessSampler(
      ["manager-1", "manager-2", "bastion"].map((host) => stack.container(host)),
      240,
    );
    const { seconds, output } = await stack.good("replace", [stack.name, "manager-1"]);
    const seen = await sampler.stop();
    figure("npm run replace of the dead manager-1", seconds);
    await assertReplaced(before);

    const secrets = await knownSecrets(stack);
    assertNoSecret("the output of npm run replace", output, secrets);
    for (const [where, lines] of seen) {
      assert.ok(lines.size > 10, `${where}: only ${lines.size} command lines seen`);
      assertNoSecret(`command lines of ${where}`, [...lines].join("\n"), secrets);
    }
    const manager = [...(seen.get(stack.container("manager-1")) ?? [])].join("\n");
    assert.match(manager, /join/, "the sampler wasn't there when the new manager joined");
  });

  it("loses its container behind Pulumi's back, and comes back by refresh and up", async () => {
    const before = await look();
    await stack.remove("manager-1");
    const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
    assert.match(refresh.output, /manager-1.*deleted/);
    const { seconds, output } = await stack.pulumi("up", "--yes", "--skip-preview", "--diff");
    figure("pulumi up that makes manager-1 again", seconds);
    await assertReplaced(before);
    assertNoSecret("the output of pulumi up --diff", output, await knownSecrets(stack));
  });
});
