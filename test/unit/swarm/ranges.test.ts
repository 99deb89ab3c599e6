import assert from "node:assert/strict";
import { ranges, refuseChange, refuseRename } from "../../../components/swarm/ranges-provider";

describe("a stack's address ranges", () => {
  const born = { stack: "unit", overlay: "10.128.0.0/12", engine: "10.211.0.0/16" };

  it("stay as they were when it was born", async () => {
    assert.equal((await ranges.diff?.("unit", born, { ...born }))?.changes, false);
    // A state that has another setting's value, too: nothing is said about it.
    refuseChange({ ...born, apps: 20 } as typeof born, { ...born, apps: 24 } as typeof born);
  });

  it("are refused when they change, all at once, with what to write instead", () => {
    assert.throws(
      () => {
        refuseChange(born, { ...born, engine: "10.99.0.0/16", overlay: "10.144.0.0/12" });
      },
      {
        message:
          "swarm-ha:network.overlay is 10.144.0.0/12, but the stack 'unit' has 10.128.0.0/12, and can't change it; " +
          "swarm-ha:network.engine is 10.99.0.0/16, but the stack 'unit' has 10.211.0.0/16, and can't change it. " +
          "Nothing has been changed. Write { overlay: 10.128.0.0/12, engine: 10.211.0.0/16 } again, or recreate the stack: " +
          "npm run destroy -- unit, then create it again. " +
          "Only if the hosts really have the configured ranges, because an upgrade has stored wrong ones: " +
          "npm run pulumi -- up --stack unit --replace '**AddressRanges::ranges'",
      },
    );
    const cloud = { ...born, hosts: "10.213.0.0/16" };
    assert.throws(() => {
      refuseChange(cloud, { ...cloud, hosts: "10.214.0.0/16" });
    }, /swarm-ha:network\.hosts is 10\.214\.0\.0\/16/);
  });

  it("are of a stack that can't be renamed, which leads back", () => {
    assert.throws(
      () => ranges.diff?.("unit", born, { ...born, stack: "other" }),
      /'other' was created as 'unit' and renamed since\..*Rename it back: npm run pulumi -- stack rename unit -s other$/,
    );
    refuseRename({}, born);
    refuseRename(born, born);
  });

  it("take up one that wasn't remembered yet", async () => {
    const { engine, ...older } = born;
    assert.equal((await ranges.diff?.("unit", older, born))?.changes, true);
    assert.deepEqual(await ranges.update?.("unit", older, born), { outs: { ...older, engine } });
  });
});
