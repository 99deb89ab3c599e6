import { keyText, valueText, type PathPart, type Problem } from "../../../problem";
import { NO_HOSTS } from "../../../rules/pool-names";
import { withoutComment } from "../logins";
import type { BalancerEntry } from "../load-balancers";
import { balancersIn, inventoryPath, type Balancer } from "./entries";
import type { HostsKnown } from "./known";

/** Name of a dedicated bastion in the stack. */
const BASTION = "bastion";

/** Each name is one host's; a host of several load balancers is the same one in each. */
export function nameProblems(known: HostsKnown): Problem[] {
  return [...nodeNames(known), ...balancerNames(known)];
}

function nodeNames({ hosts }: HostsKnown): Problem[] {
  const names = (hosts?.inventory ?? []).map(({ name }) => name);
  return names.flatMap((name, i) => {
    const path = inventoryPath(i, "name");
    const first = names.indexOf(name);
    if (first < i) return [taken(path, name, inventoryPath(first))];
    return NO_HOSTS.includes(name) ? [reserved(path, name)] : [];
  });
}

function balancerNames(known: HostsKnown): Problem[] {
  const nodes = (known.hosts?.inventory ?? []).map(({ name }) => name);
  const all = balancersIn(known);
  return all.flatMap((entry, i) => {
    const { path, host } = entry;
    const node = nodes.indexOf(host.name);
    if (node >= 0) return [inInventory([...path, "name"], valueText(host.name), node)];
    if (host.name === BASTION) return [reserved([...path, "name"], host.name)];
    const first = all.slice(0, i).find((other) => other.host.name === host.name);
    if (first === undefined) return [];
    return first.tier === entry.tier ? [taken([...path, "name"], host.name, first.path)] : differences(entry, first);
  });
}

/** A load balancer on a node would take the ports of the node's own services. */
export function inInventory(path: readonly PathPart[], got: string, node: number): Problem {
  return {
    key: keyText(path),
    got: `${got}, a host of the inventory`,
    allowed: "a host that isn't in the inventory",
    fix: `take another host, or remove ${keyText(inventoryPath(node))}`,
  };
}

function taken(path: readonly PathPart[], name: string, first: readonly PathPart[]): Problem {
  const fix = `rename or remove one of the two; ${keyText(first)} has this name, too`;
  return { key: keyText(path), got: `${valueText(name)} for the second time`, allowed: "each name once", fix };
}

function reserved(path: readonly PathPart[], name: string): Problem {
  const fix = "rename the host: `hostnamectl set-hostname <name>`, and write that name";
  return { key: keyText(path), got: valueText(name), allowed: `any name but ${NO_HOSTS.join(", ")}`, fix };
}

/** What differs between two entries of the same host. */
function differences(entry: Balancer, first: Balancer): Problem[] {
  const different = (["address", "hostKey", "user", "port", "privateKey", "sudoPassword"] as const).filter(
    (key) => comparable(entry.host, key) !== comparable(first.host, key),
  );
  return different.map((key) => ({
    key: keyText([...entry.path, key]),
    got: `another value than ${keyText([...first.path, key])} of the same host ${entry.host.name}`,
    allowed: "the same address, host key and login in each load balancer of a host",
    fix: "write the same in both, or give them different names",
  }));
}

function comparable(host: BalancerEntry, key: keyof BalancerEntry): string | number | undefined {
  return key === "hostKey" ? withoutComment(host.hostKey) : host[key];
}
