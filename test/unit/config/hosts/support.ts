import assert from "node:assert/strict";
import { parse } from "yaml";
import { parseConfig } from "../../../../config";
import type { HostsStackConfig } from "../../../../config/platforms/hosts";
import { PRIVATE_KEY_EXAMPLE } from "../../../../config/platforms/hosts/private-key";
import { ConfigError } from "../../../../config/problem";
import { attempt } from "../support";

/** A host key of the right form; `n` makes it another one. */
export function hostKey(n: number): string {
  const key = Buffer.alloc(32, n).toString("base64").slice(0, 42);
  return `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${key}A`;
}

/** A value that the tests change. */
export type Values = Record<string, unknown>;

/** The example of the platform's contract: keys are those that people write. */
const CONTRACT = `
platform: hosts
zones: [rack-1, rack-2, rack-3]
domain: swarm.example.com
hosts:
  ssh: { user: admin, port: 22 }
  bastion: { address: 10.0.0.10 }
  engine: { source: debian }
  inventory:
    - { name: manager-1, role: manager, zone: rack-1, address: 10.0.1.1 }
    - { name: registry-1, role: registry, zone: rack-1, address: 10.0.1.2 }
    - { name: web-1, role: worker, pool: web, zone: rack-1, address: 10.0.1.3, labels: { com.example.storage: ssd } }
  loadBalancers:
    manager: { hosts: [{ name: lb-1, address: 10.0.0.11 }, { name: lb-2, address: 10.0.0.12 }], virtualAddress: 10.0.0.100 }
    registry: { external: { endpoint: "registry.swarm.example.com:5000" } }
    app: { hosts: [{ name: lb-1, address: 10.0.0.11 }, { name: lb-2, address: 10.0.0.12 }], virtualAddress: 10.0.0.100 }
  registryStorage: { path: /srv/registry }
`;

/** The part `swarm-ha:hosts` of a stack's values. */
export interface HostsValues extends Values {
  ssh: Values;
  bastion?: Values;
  inventory: Values[];
  pools?: Record<string, Values>;
  loadBalancers: Record<"manager" | "registry" | "app", Values & { hosts?: Values[] }>;
  registryStorage: Values;
}

/** All values of a stack. */
export type StackValues = Values & { hosts: HostsValues };

/** The contract's example, with keys. */
export function contract(): StackValues {
  const values = parse(CONTRACT) as StackValues;
  const { ssh, bastion, inventory, loadBalancers } = values.hosts;
  ssh["privateKey"] = PRIVATE_KEY_EXAMPLE;
  if (bastion !== undefined) bastion["hostKey"] = hostKey(1);
  inventory.forEach((host, i) => (host["hostKey"] = hostKey(10 + i)));
  for (const { hosts = [] } of Object.values(loadBalancers))
    hosts.forEach((host, i) => (host["hostKey"] = hostKey(2 + i)));
  return values;
}

/** One host of an inventory. */
export function host(name: string, role: string, zone: string, n: number, more: Values = {}): Values {
  return { name, role, zone, address: `10.0.2.${String(n)}`, hostKey: hostKey(100 + n), ...more };
}

/** A stack of three managers, registry hosts and workers, one of each in each of three zones. */
export function nine(change: (values: StackValues) => void = () => undefined): StackValues {
  const values = contract();
  const zones = ["rack-1", "rack-2", "rack-3"];
  values.hosts.inventory = ["manager", "registry", "worker"].flatMap((role, i) =>
    zones.map((zone, j) => host(`${role}-${String(j + 1)}`, role, zone, 10 * (i + 1) + j)),
  );
  change(values);
  return values;
}

/** A configuration that is expected to be accepted. */
export function accepted(values: StackValues): HostsStackConfig {
  const config = parseConfig(values, "racks");
  assert.equal(config.platform, "hosts");
  return config;
}

/** A line `key: got …; allowed: …; fix: …` for each problem. */
export function refused(values: StackValues): string[] {
  const outcome = attempt(values);
  assert.ok(outcome instanceof ConfigError, "it was accepted");
  return outcome.problems.map(({ key, got, allowed, fix }) => `${key}: got ${got}; allowed: ${allowed}; fix: ${fix}`);
}
