import assert from "node:assert/strict";
import { bridgesTo } from "../../../components/platform/local/provider/foreign-networks";
import { natRules } from "../../../components/platform/local/provider/nat-rules";
import { refuseMove } from "../../../components/platform/local/provider/network";
import { parseRange } from "../../../plan/ipv4";

describe("a stack's network", () => {
  const network = { name: "unit", stack: "unit", subnet: "10.1.0.0/20", gateway: "10.1.0.1" };

  it("keeps its address range for life", () => {
    assert.throws(() => {
      refuseMove(network, { ...network, subnet: "10.2.0.0/20" });
    }, /swarm-ha:network\.hosts is 10\.2\.0\.0\/20.*uses 10\.1\.0\.0\/20.*npm run destroy -- unit/);
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

  it("are those of Docker engines, with a route to a part of it", () => {
    for (const range of ["10.214.0.0/20", "10.214.8.0/24", "10.208.0.0/12"])
      assert.deepEqual(bridgesTo(parseRange(range), table), ["br-17ac1752a79f"], range);
  });

  it("are none where only the way out or somebody's own bridge leads there", () => {
    for (const range of ["10.214.16.0/20", "10.216.0.0/20", "172.17.0.0/16"])
      assert.deepEqual(bridgesTo(parseRange(range), table), [], range);
    assert.deepEqual(bridgesTo(parseRange("10.214.0.0/20"), ""), []);
  });
});

describe("engines' rules for networks", () => {
  it("are found among all others, with what removes them", () => {
    const listed = [
      "-P POSTROUTING ACCEPT",
      "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
      "-A POSTROUTING -s 10.214.0.0/20 ! -o br-ff659b675a5c -j MASQUERADE",
      "-A POSTROUTING -s 10.215.0.0/20 ! -o br-lan -j MASQUERADE",
      "-A POSTROUTING -s 10.214.0.16/32 -d 10.214.0.16/32 -p tcp -m tcp --dport 2376 -j MASQUERADE",
      "-A POSTROUTING -s 10.216.0.0/20 -o eth0 -j MASQUERADE",
      "",
    ].join("\n");
    const removal = "-w 5 -t nat -D POSTROUTING -s 10.214.0.0/20 ! -o br-ff659b675a5c -j MASQUERADE".split(" ");
    assert.deepEqual(natRules(listed), [{ range: parseRange("10.214.0.0/20"), bridge: "br-ff659b675a5c", removal }]);
    assert.deepEqual(natRules(""), []);
  });
});
