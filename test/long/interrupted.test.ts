import assert from "node:assert/strict";
import { assertConverges, killAt, MOMENTS, type Moment } from "../support/interrupted";
import { TestStack } from "../support/test-stack";
import { portsFrom } from "../support/stack-config";

const HOSTS = ["manager", "registry", "worker"].flatMap((tier) => [1, 2, 3].map((n) => `${tier}-${n}`));

/** Moments of an `up` that replaces a manager, by the step that is under way. */
const REPLACING: readonly Moment[] = [
  { name: "while the old node is removed", pattern: /node-manager-1 deleting/ },
  { name: "when the old node has just been removed", pattern: /node-manager-1 deleted/ },
  { name: "while the old container is removed", pattern: /Container manager-1 deleting/ },
  { name: "while the new container is created", pattern: /Container manager-1 (creating|replacing)/ },
  { name: "while the new container joins", pattern: /join-manager-manager-1 (creating|replacing)/ },
];

describe("an up that is killed, of nine hosts,", function () {
  this.timeout(900_000);
  const stack = new TestStack("e2e-killed", { hosts: "10.216.0.0/20", ports: portsFrom(23220) });

  before(() => stack.reset());
  after(() => stack.destroy());

  for (const moment of MOMENTS) {
    it(`from nothing, ${moment.name}: converges`, async () => {
      await stack.reset();
      await killAt(stack, moment, "start", [stack.name]);
      await assertConverges(stack, HOSTS);
    });
  }

  describe("that replaces manager-1,", () => {
    before(() => stack.start());

    for (const moment of REPLACING) {
      it(`${moment.name}: converges`, async () => {
        const { stdout } = await stack.pulumi("stack", "--show-urns");
        const [urn] = /urn:\S+Container::manager-1/.exec(stdout) ?? [];
        assert.ok(urn !== undefined, stdout);
        const args = ["up", "--yes", "--skip-preview", "--color", "never", "--replace", urn, "-s", stack.name];
        await killAt(stack, moment, "pulumi", args);
        await assertConverges(stack, HOSTS);
      });
    }
  });
});
