import { overlaps, parseRange, rangeText, toNumber, type Ipv4Range } from "../../../../plan/ipv4";
import { keyText, valueText, type PathPart, type Problem } from "../../../problem";
import { balancersIn, inventoryPath, tierPath, tiersIn } from "./entries";
import type { HostsKnown } from "./known";

/** An address, whose it is, and where the configuration has it. */
interface Place {
  readonly path: readonly PathPart[];
  readonly address: string;
  readonly owner: string;
}

/** Each address is one host's, and none lies in the networks that the swarm creates. */
export function addressProblems(known: HostsKnown): Problem[] {
  const places = placesIn(known);
  return [...twins(places), ...insideProblems(places, known)];
}

/** Each host once, and each virtual address once. Which load balancers may share hosts is another rule. */
function placesIn(known: HostsKnown): Place[] {
  const { bastion, inventory = [] } = known.hosts ?? {};
  const nodes = inventory.map(({ name, address }, i) => ({ path: inventoryPath(i, "address"), address, owner: name }));
  const names = new Set(inventory.map(({ name }) => name));
  const balancers = balancersIn(known)
    .filter(
      ({ host }, i, all) => !names.has(host.name) && all.findIndex((other) => other.host.name === host.name) === i,
    )
    .map(({ path, host }) => ({ path: [...path, "address"], address: host.address, owner: host.name }));
  const virtual = tiersIn(known)
    .flatMap(({ tier, settings: { virtualAddress: address } }) =>
      address === undefined ? [] : [{ path: tierPath(tier, "virtualAddress"), address, owner: "a virtual address" }],
    )
    .filter(({ address }, i, all) => all.findIndex((other) => other.address === address) === i);
  return [...nodes, ...balancers, ...bastionPlaces(bastion), ...virtual];
}

function bastionPlaces(bastion: NonNullable<HostsKnown["hosts"]>["bastion"]): Place[] {
  if (bastion === undefined) return [];
  const { address, privateAddress } = bastion;
  const all = [
    { key: "address", address },
    ...(privateAddress === undefined || privateAddress === address
      ? []
      : [{ key: "privateAddress", address: privateAddress }]),
  ];
  return all.map(({ key, address }) => ({ path: ["hosts", "bastion", key], address, owner: "the bastion" }));
}

function twins(places: readonly Place[]): Problem[] {
  return places.flatMap(({ path, address, owner }, i) => {
    const first = places.slice(0, i).find((other) => other.address === address);
    if (first === undefined) return [];
    const fix =
      owner === "the bastion"
        ? `use a host of its own as bastion, or leave ${keyText(["hosts", "bastion"])} out`
        : "write the address that this one has";
    return [
      {
        key: keyText(path),
        got: `${valueText(address)}, the address of ${first.owner}`,
        allowed: "an address of its own",
        fix,
      },
    ];
  });
}

/** If overlay networks or bridges had the addresses of hosts, nodes couldn't reach each other. */
function insideProblems(places: readonly Place[], { network }: HostsKnown): Problem[] {
  return (["overlay", "engine"] as const).flatMap((name) => {
    const range = rangeOf(network?.[name]);
    if (range === undefined) return [];
    const [first, ...more] = places.filter(({ address }) => overlaps(range, hostRange(address)));
    if (first === undefined) return [];
    const others = more.length === 0 ? "" : `, and of ${more.length} more`;
    return [
      {
        key: keyText(["network", name]),
        got: `${rangeText(range)}, which has the address of ${first.owner} (${first.address})${others}`,
        allowed: "a range without addresses of hosts",
        fix: "choose another private range, one that hosts never connect to",
      },
    ];
  });
}

function hostRange(address: string): Ipv4Range {
  const number = toNumber(address);
  return { first: number, last: number, prefix: 32 };
}

/** A range; undefined if it is invalid, which another rule reports. */
function rangeOf(text: string | undefined): Ipv4Range | undefined {
  try {
    return text === undefined ? undefined : parseRange(text);
  } catch {
    return undefined;
  }
}
