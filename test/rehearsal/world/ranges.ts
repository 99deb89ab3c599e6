/** Addresses of subnets: what AWS reserves, what is taken, what is free. */
import { parseRange, toNumber, toText, type Ipv4Range } from "../../../plan/ipv4";
import type { Cloud } from "./cloud";
import type { Subnet } from "./vpc";

/** Whether a range lies in another one. */
export function within(inner: Ipv4Range, outer: Ipv4Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

/**
 * Whether AWS keeps an address of a subnet for itself: the first four and the last.
 * Source: docs.aws.amazon.com, "Subnet CIDR blocks".
 */
export function isReservedByAws(subnet: Subnet, address: string): boolean {
  const { first, last } = parseRange(subnet.cidr);
  const number = toNumber(address);
  return number < first + 4 || number === last;
}

/** All private addresses of a subnet that a network interface has. */
export function takenIn(cloud: Cloud, subnet: string): Set<string> {
  const { instances, natGateways, balancers } = cloud.state;
  const taken = new Set<string>();
  for (const one of instances.values()) if (one.subnet === subnet && one.state !== "terminated") taken.add(one.address);
  for (const one of natGateways.values()) if (one.subnet === subnet) taken.add(one.privateAddress);
  for (const one of balancers.values()) {
    const address = one.interfaces.find((face) => face.subnet === subnet)?.address;
    if (address !== undefined) taken.add(address);
  }
  return taken;
}

/**
 * A free address that AWS would give out: none of a CIDR reservation, none that is taken.
 *
 * @returns undefined when the subnet is full
 */
export function freeAddress(cloud: Cloud, subnet: Subnet): string | undefined {
  const taken = takenIn(cloud, subnet.id);
  const reserved = [...cloud.state.reservations.values()]
    .filter((one) => one.subnet === subnet.id)
    .map(({ cidr }) => parseRange(cidr));
  const { first, last } = parseRange(subnet.cidr);
  for (let number = first + 4; number < last; number++) {
    const address = toText(number);
    if (!taken.has(address) && !reserved.some((range) => range.first <= number && number <= range.last)) return address;
  }
  return undefined;
}
