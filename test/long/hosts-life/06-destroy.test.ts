import { assertReleased } from "../../support/hosts/inventory";
import { hosts, stack, useLife } from "../../support/hosts/life";
import { figure } from "../../support/run";

describe("hosts that exist already, after all of that", function () {
  this.timeout(600_000);
  useLife();

  it("are released by destroy, and nothing of the stack is left there", async () => {
    const all = (await stack.nodes()).map(({ Hostname }) => Hostname);
    const { seconds } = await stack.good("destroy", [stack.name, "--yes"], 400);
    figure("npm run destroy", seconds);
    for (const host of all) await assertReleased(hosts, host);
  });
});
