/** `npm run acceptance` itself, on the simulated AWS: what drives a real account is proven before it costs anything. */
import assert from "node:assert/strict";
import { figure } from "../support/run";
import { SimulatedAws } from "../rehearsal/drive/simulated-aws";

describe("the acceptance test on the simulated AWS", function () {
  this.timeout(1_800_000);
  let aws: SimulatedAws;

  before(async () => {
    aws = await SimulatedAws.start("test");
  });
  after(() => aws.end());

  it("refuses a stack that isn't throw-away, before anything is made", async () => {
    aws.workstation.configure({ aws: { protect: true } });
    const { code } = await aws.workstation.tool("acceptance", ["test", "--yes"], { limit: 120 });
    assert.notEqual(code, 0);
    assert.deepEqual(aws.instances(), []);
    aws.workstation.configure({ aws: { protect: false } });
  });

  it("drives the stack through its life, and leaves nothing", async () => {
    const { seconds, stdout } = await aws.workstation.good("acceptance", ["test", "--yes"], { limit: 1700 });
    figure("acceptance of test", seconds);
    console.log(stdout.slice(stdout.lastIndexOf("===")).replace(/^/gm, "        "));
    assert.doesNotMatch(stdout, /FAILED/);
    assert.deepEqual(aws.instances(), []);
  });
});
