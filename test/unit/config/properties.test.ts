import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRange, toNumber } from "../../../plan/ipv4";
import { ConfigError } from "../../../config/problem";
import { addressPlan } from "../../../plan/addressing";
import { planHosts, type HostSpec } from "../../../plan/placement";
import { majority } from "../../../plan/quorum";
import type { StackConfig } from "../../../config";
import { anyConfig } from "./arbitraries";
import { attempt } from "./support";

const RUNS = { numRuns: 2000 };

/** Runs a check on every generated configuration that is accepted. */
function forAccepted(check: (config: StackConfig, hosts: readonly HostSpec[]) => void): void {
  fc.assert(
    fc.property(anyConfig, (raw) => {
      const config = attempt(raw);
      if (!(config instanceof ConfigError)) check(config, planHosts(config));
    }),
    RUNS,
  );
}

function count(hosts: readonly HostSpec[], role: string): number {
  return hosts.filter((host) => host.role === role).length;
}

describe("every accepted configuration", () => {
  it("is one of many: the generator makes both kinds", () => {
    const outcomes = fc.sample(anyConfig, { numRuns: 2000, seed: 1 }).map(attempt);
    const refused = outcomes.filter((outcome) => outcome instanceof ConfigError).length;
    assert.ok(refused > 400 && refused < 1600, `${refused} of 2000 refused`);
    const several = outcomes.filter((outcome) => !(outcome instanceof ConfigError) && outcome.managers.count >= 3);
    assert.ok(several.length > 200, `${several.length} accepted ones have 3 or more managers`);
  });

  it("with 3 or more managers keeps the majority when any one zone is lost", () => {
    forAccepted((config, hosts) => {
      if (config.managers.count < 3) return;
      for (const zone of config.zones) {
        const left = hosts.filter((host) => host.zone !== zone);
        assert.ok(count(left, "manager") >= majority(config.managers.count), `without ${zone}`);
      }
    });
  });

  it("keeps at least one node of each tier that has three when any one zone is lost", () => {
    forAccepted((config, hosts) => {
      for (const zone of config.zones) {
        const left = hosts.filter((host) => host.zone !== zone);
        for (const role of ["registry", "worker"]) {
          if (count(hosts, role) >= 3) assert.ok(count(left, role) >= 1, `${role} without ${zone}`);
        }
      }
    });
  });

  it("gives every host a name of its own, and managers and registries an address of their own in their zone", () => {
    forAccepted((config, hosts) => {
      const names = [...hosts.map((host) => host.name), "bastion", "lb-manager", "lb-registry", "lb-app"];
      assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);

      const plan = addressPlan(config);
      const fixed = hosts.flatMap((host) => (host.address === undefined ? [] : [host.address]));
      const all = [plan.gateway, plan.bastion, ...Object.values(plan.loadBalancers), ...fixed];
      assert.equal(new Set(all).size, all.length);
      assert.equal(fixed.length, config.managers.count + config.registry.replicas);
      for (const { zone, address } of hosts)
        if (address !== undefined) assert.ok(inside(address, plan.zones[zone]?.cidr));
    });
  });

  it("has room for every worker in its zone's range, beside the fixed addresses", () => {
    forAccepted((config, hosts) => {
      const plan = addressPlan(config);
      for (const [zone, { workers }] of Object.entries(plan.zones)) {
        const here = hosts.filter((host) => host.zone === zone);
        const [first, last] = [toNumber(workers.first), toNumber(workers.last)];
        assert.ok(here.filter((host) => host.role === "worker").length <= Math.max(0, last - first + 1));
        for (const { address } of here) {
          if (address !== undefined) assert.ok(toNumber(address) < first || toNumber(address) > last, address);
        }
      }
    });
  });
});

describe("every refused configuration", () => {
  it("says for each problem what, where, what instead, and how; and each only once", () => {
    fc.assert(
      fc.property(anyConfig, (raw) => {
        const outcome = attempt(raw);
        if (!(outcome instanceof ConfigError)) return;
        for (const { key, got, allowed, fix } of outcome.problems) {
          assert.match(key, /^swarm-ha:[a-z]/);
          for (const text of [got, allowed, fix]) assert.notEqual(text, "");
        }
        const lines = outcome.message.split("\n");
        assert.equal(lines.length, outcome.problems.length + 1);
        assert.equal(new Set(lines).size, lines.length);
      }),
      RUNS,
    );
  });

  it("is refused with a ConfigError whatever it holds", () => {
    const key = fc.constantFrom(
      "platform",
      "zones",
      "managers",
      "registry",
      "workers",
      "network",
      "domain",
      "drain",
      "joinEpoch",
      "local",
      "x",
    );
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.json());
    fc.assert(
      fc.property(fc.dictionary(key, value), (raw) => void attempt(raw)),
      RUNS,
    );
  });
});

function inside(address: string, cidr: string | undefined): boolean {
  const range = parseRange(cidr ?? "");
  return toNumber(address) >= range.first && toNumber(address) <= range.last;
}
