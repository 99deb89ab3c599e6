import assert from "node:assert/strict";
import { assertReleased, dropHosts } from "../../support/hosts/inventory";
import { addToInventory, hosts, stack, underLoad, useLife } from "../../support/hosts/life";
import type { TestHost } from "../../support/hosts/test-hosts";
import { figure } from "../../support/run";

const ADDED: readonly TestHost[] = [
  { name: "manager-4", at: 24 },
  { name: "manager-5", at: 25 },
  { name: "worker-4", at: 44 },
  { name: "worker-6", at: 46 },
];

describe("a stack on hosts that exist already is scaled by its inventory:", function () {
  this.timeout(900_000);
  const { hello } = useLife();

  const members = async (): Promise<string[]> => {
    const { code, status } = await stack.status();
    assert.equal(code, 0, status.problems.join("\n"));
    return status.nodes.map(({ name }) => name).sort();
  };

  it("two workers, and two managers beside three, join", async () => {
    const before = await members();
    await addToInventory(...ADDED);
    await stack.good("preflight", [stack.name], 180);
    const { seconds } = await underLoad(hello(), "scaled up", () => stack.up());
    figure("pulumi up that adds 2 managers and 2 workers", seconds);
    assert.deepEqual(await members(), [...before, ...ADDED.map(({ name }) => name)].sort());
    const managers = (await stack.nodes()).filter(({ ManagerStatus }) => /^(Leader|Reachable)$/.test(ManagerStatus));
    assert.equal(managers.length, 5);
  });

  it("both managers and a worker leave again, and are cleaned", async () => {
    const before = await members();
    const gone = ["manager-4", "manager-5", "worker-6"];
    dropHosts(stack, ...gone);
    const { seconds } = await underLoad(hello(), "scaled down", () => stack.up());
    figure("pulumi up that removes 2 managers and a worker", seconds);
    assert.deepEqual(
      await members(),
      before.filter((name) => !gone.includes(name)),
    );
    for (const name of gone) {
      await assertReleased(hosts, name);
      await hosts.lose(name);
    }
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
