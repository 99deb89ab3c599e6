import assert from "node:assert/strict";
import { holderOfLock, takeLock, type HeldLock } from "../../../cli/operations/bastion-lock";
import type { StackOutputs } from "../../../components/outputs";
import { figure, succeed, until } from "../../support/run";
import { CLUSTER, useSharedStack } from "../../support/shared-stack";

const ANN = { owner: "ann@laptop", operation: "upgrade", since: "2026-11-30T14:31:07.000Z" };

describe("an operation that stops managers, while another workstation runs one", function () {
  this.timeout(180_000);
  const stack = useSharedStack(CLUSTER);
  let bastion: StackOutputs["access"]["bastion"];
  let lock: HeldLock | undefined;

  before(async () => {
    bastion = (await stack.outputs()).access.bastion;
    const taken = await takeLock(bastion, ANN);
    assert.ok("isHeld" in taken, JSON.stringify(taken));
    lock = taken;
  });
  after(() => lock?.release());

  for (const [tool, ...args] of [
    ["repair", "--yes"],
    ["replace", "worker-1", "--yes"],
    ["rotate", "join-tokens", "--yes"],
    ["recover", "--dry-run"],
  ] as const) {
    it(`is refused at once, and names it: ${tool} ${args.join(" ")}`, async () => {
      const { code, output, seconds } = await stack.tool(tool, [stack.name, ...args], 60);
      figure(`${tool}, refused`, seconds);
      assert.match(output, /upgrade, by ann@laptop since 2026-11-30 14:31 UTC\. Wait for its end, or end it there/);
      assert.equal(code, args.includes("--dry-run" as never) ? 0 : 1);
      assert.doesNotMatch(output, /Replacing|Joining|new token/);
    });
  }

  it("doesn't keep a status or a drift from looking", async () => {
    const { code } = await stack.status();
    assert.equal(code, 0);
  });

  it("runs when the bastion was restarted, and the lock with its session is gone", async () => {
    await succeed("docker", ["restart", "-t", "1", stack.container("bastion")], { limit: 60 });
    await until("the lost connection to be noticed", 30, () =>
      Promise.resolve(lock?.isHeld() === true ? "held" : undefined),
    );
    await stack.untilHealthy(60);
    assert.equal(await holderOfLock(bastion), undefined);
    await stack.good("rotate", [stack.name, "join-tokens", "--dry-run"], 60);
    await stack.good("repair", [stack.name, "--yes"], 120);
    assert.equal(await holderOfLock(bastion), undefined);
  });
});
