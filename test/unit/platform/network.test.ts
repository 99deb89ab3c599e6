import assert from "node:assert/strict";
import { bridgesTo } from "../../../components/platform/local/provider/foreign-bridges";
import { refuseMove } from "../../../components/platform/local/provider/network";
import { parseRange } from "../../../config/ipv4";

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

describe("bridges that a range leads to", () => {
  /** As the kernel writes it. */
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    "br-17ac1752a79f\t0000D60A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0",
    "br-lan\t0000D80A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0",
  ].join("\n");

  it("are those of engines, with a route to a part of it", () => {
    for (const range of ["10.214.0.0/20", "10.214.8.0/24", "10.208.0.0/12"])
      assert.deepEqual(bridgesTo(parseRange(range), table), ["br-17ac1752a79f"], range);
  });

  it("are none where only the way out or somebody's own bridge leads there", () => {
    for (const range of ["10.214.16.0/20", "10.216.0.0/20", "172.17.0.0/16"])
      assert.deepEqual(bridgesTo(parseRange(range), table), [], range);
    assert.deepEqual(bridgesTo(parseRange("10.214.0.0/20"), ""), []);
  });
});
