import assert from "node:assert/strict";
import { ranges, refuseChange } from "../../../components/swarm/ranges-provider";

describe("a stack's address ranges", () => {
  const born = { stack: "unit", overlay: "10.128.0.0/12", apps: 20, engine: "10.211.0.0/16" };

  it("stay as they were when it was born", async () => {
    assert.equal((await ranges.diff?.("unit", born, { ...born }))?.changes, false);
    // The state may have numbers as texts.
    refuseChange({ ...born, apps: "20" as unknown as number }, born);
  });

  it("are refused when they change, all at once, with what to write instead", () => {
    assert.throws(
      () => {
        refuseChange(born, { ...born, engine: "10.99.0.0/16", apps: 18 });
      },
      {
        message:
          "swarm-ha:network.apps is 18, but the stack 'unit' has 20, for life; " +
          "swarm-ha:network.engine is 10.99.0.0/16, but the stack 'unit' has 10.211.0.0/16, for life. " +
          "Nothing has been touched: write { apps: 20, engine: 10.211.0.0/16 } again, or make the stack anew: " +
          "npm run destroy -- unit, then bring it up again",
      },
    );
    const cloud = { ...born, hosts: "10.213.0.0/16" };
    assert.throws(() => {
      refuseChange(cloud, { ...cloud, hosts: "10.214.0.0/16" });
    }, /swarm-ha:network\.hosts is 10\.214\.0\.0\/16/);
  });

  it("take up one that wasn't remembered yet", async () => {
    const { apps, ...older } = born;
    assert.equal((await ranges.diff?.("unit", older, born))?.changes, true);
    assert.deepEqual(await ranges.update?.("unit", older, born), { outs: { ...older, apps } });
  });
});
