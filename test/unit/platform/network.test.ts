import assert from "node:assert/strict";
import { refuseMove } from "../../../components/platform/local/provider/network";

describe("a stack's network", () => {
  const network = { name: "unit", stack: "unit", subnet: "10.1.0.0/20", gateway: "10.1.0.1" };

  it("keeps its address range for life", () => {
    assert.throws(() => {
      refuseMove(network, { ...network, subnet: "10.2.0.0/20" });
    }, /swarm-ha:network\.hosts is 10\.2\.0\.0\/20.*lives in 10\.1\.0\.0\/20.*npm run destroy -- unit/);
  });

  it("may stay where it is", () => {
    refuseMove(network, { ...network });
  });
});
