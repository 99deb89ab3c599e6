import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressPlan,
  engineNetwork,
  freeAddress,
  appsNetwork,
  overlayNetwork,
  tasksPerWorker,
  workersPerZone,
} from "../../../plan/addressing";
import { isPrivate, overlaps, parseRange, rangeText, toNumber, toText } from "../../../plan/ipv4";
import { accepted, zones } from "./support";

describe("the address plan", () => {
  it("cuts the default range into blocks of equal size", () => {
    const { hostAddress, ...plan } = addressPlan(accepted());
    assert.deepEqual(plan, {
      cidr: "10.210.0.0/20",
      gateway: "10.210.0.1",
      bastion: "10.210.0.8",
      loadBalancers: { manager: "10.210.0.16", registry: "10.210.0.17", app: "10.210.0.18" },
      zones: {
        "zone-a": {
          cidr: "10.210.2.0/23",
          workers: { first: "10.210.2.24", last: "10.210.3.254" },
          fixed: ["10.210.2.8/29", "10.210.2.16/29"],
        },
        "zone-b": {
          cidr: "10.210.4.0/23",
          workers: { first: "10.210.4.24", last: "10.210.5.254" },
          fixed: ["10.210.4.8/29", "10.210.4.16/29"],
        },
        "zone-c": {
          cidr: "10.210.6.0/23",
          workers: { first: "10.210.6.24", last: "10.210.7.254" },
          fixed: ["10.210.6.8/29", "10.210.6.16/29"],
        },
      },
    });
    assert.equal(hostAddress("zone-c", "manager", 7), "10.210.6.14");
    assert.throws(() => hostAddress("zone-d", "manager", 1), /'zone-d' isn't one of the zones zone-a, zone-b, zone-c/);
  });

  it("has room for more than 150 workers by default, and for as many as it says", () => {
    assert.ok(3 * workersPerZone(20) >= 150);
    accepted({ workers: { worker: { count: 3 * workersPerZone(20) } } });
    const { first, last } = addressPlan(accepted()).zones["zone-a"]?.workers ?? { first: "", last: "" };
    assert.equal(toNumber(last) - toNumber(first) + 1, workersPerZone(20));
  });

  it("keeps addresses when zones are appended", () => {
    const [three, seven] = [3, 7].map((count) => addressPlan(accepted({ zones: zones(count) })).zones);
    for (const zone of zones(3)) assert.deepEqual(seven?.[zone], three?.[zone]);
  });

  it("hands out the lowest free address, and says when there is none", () => {
    const span = { first: "10.0.0.254", last: "10.0.1.1" };
    assert.equal(freeAddress(span, []), "10.0.0.254");
    assert.equal(freeAddress(span, ["10.0.0.254", "10.0.0.255"]), "10.0.1.0");
    assert.throws(
      () => freeAddress(span, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]),
      /all addresses from 10\.0\.0\.254 to 10\.0\.1\.1 are taken; a larger swarm-ha:network\.hosts has more/,
    );
  });

  it("gives Docker engines a bridge and pools that can't meet", () => {
    const network = engineNetwork(accepted());
    assert.deepEqual(network, { bip: "10.211.0.1/24", defaultAddressPools: [{ base: "10.211.128.0/17", size: 24 }] });
    const smallest = engineNetwork(accepted({ network: { engine: "10.211.4.0/22" } }));
    assert.deepEqual(smallest, { bip: "10.211.4.1/24", defaultAddressPools: [{ base: "10.211.6.0/23", size: 24 }] });
    assert.deepEqual(overlayNetwork(accepted()), { pool: "10.128.0.0/12", size: 24 });
  });

  it("gives the applications' network the end of the overlay range, and room for thousands of tasks on 100 workers", () => {
    assert.equal(appsNetwork(accepted()), "10.143.240.0/20");
    assert.equal(appsNetwork(accepted({ network: { overlay: "10.64.0.0/20", apps: 21 } })), "10.64.8.0/21");
    assert.ok(tasksPerWorker(20, 100) * 100 > 3000);
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 24 }), fc.integer({ min: 1, max: 2000 }), (prefix, workers) => {
        const tasks = tasksPerWorker(prefix, workers);
        // Network, gateway and broadcast, the ping's virtual address, and for each worker its ingress's and its own.
        assert.ok(4 + workers * (2 + tasks) <= 2 ** (32 - prefix));
        assert.ok(4 + workers * (2 + tasks + 1) > 2 ** (32 - prefix));
      }),
    );
  });

  it("keeps the defaults off each other and off the outer Docker engine's default pools", () => {
    const { hosts, overlay, engine } = accepted().network;
    const ranges = [hosts, overlay, engine, "172.16.0.0/12", "192.168.0.0/16"].map(parseRange);
    ranges.forEach((a, i) => {
      ranges.slice(i + 1).forEach((b) => {
        assert.ok(!overlaps(a, b), `${rangeText(a)} and ${rangeText(b)}`);
      });
    });
  });
});

describe("ranges", () => {
  const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  it("survive being written and read", () => {
    fc.assert(fc.property(address, (number) => toNumber(toText(number)) === number));
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), (number, prefix) => {
        const text = rangeText({ first: number - (number % 2 ** (32 - prefix)), prefix });
        assert.equal(rangeText(parseRange(text)), text);
      }),
    );
  });

  it("are private only as a whole", () => {
    const answers = [
      "10.0.0.0/8",
      "10.0.0.0/7",
      "172.31.0.0/16",
      "172.32.0.0/16",
      "192.168.0.0/15",
      "100.64.0.0/16",
    ].map((text) => isPrivate(parseRange(text)));
    assert.deepEqual(answers, [true, false, true, false, false, false]);
  });

  it("are refused in spellings that others read differently", () => {
    for (const text of [
      "10.0.0.0",
      "10.0.0.0/",
      "010.0.0.0/8",
      "0x0a.0.0.0/8",
      "10.0.0.0/08",
      "10.0.0.0/33",
      "10.0.0.0/8/8",
      "::/0",
      "",
    ]) {
      assert.throws(() => parseRange(text), text);
    }
  });
});
