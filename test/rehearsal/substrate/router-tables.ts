import { parseRange, rangeText } from "../../../plan/ipv4";
import { contains } from "./addresses";
import type { Routing } from "../cloud/substrate";
import { RESOLVER } from "./packet-filter";

/** Where what hosts call really is: `address:port`. */
export interface RouterTargets {
  /** Server of names, in the VPC. */
  readonly names: string;
  /** By port of the address that services have. */
  readonly services: Readonly<Record<number, string>>;
}

/** All that a router's tables follow from. */
export interface RouterPlan {
  readonly cidr: string;
  /** The router's own address, which is the VPC's resolver. */
  readonly address: string;
  readonly routing: Routing;
  /** Public address → private address, of load balancers. */
  readonly balancers: Readonly<Record<string, string>>;
  readonly servicesAddress: string;
  readonly targets: RouterTargets;
  /** Private addresses of instances for which the package mirrors are broken. */
  readonly broken: readonly string[];
}

/** Port of the services' address that leads to a broken mirror. */
export const BROKEN_PORT = 8503;

/** Public addresses that the router answers for. */
export function publicAddresses({ routing, balancers }: RouterPlan): string[] {
  const nat = routing.subnets.flatMap(({ natAddress }) => natAddress ?? []);
  return [...new Set([...nat, ...Object.keys(routing.publicAddresses), ...Object.keys(balancers)])].sort();
}

/**
 * A VPC router's nat and filter tables, whole, for `iptables-restore`.
 *
 * What a subnet's route doesn't lead out stays in: there is no other way, and no answer, as on AWS.
 */
export function routerTables(plan: RouterPlan): string {
  const { cidr, address, servicesAddress, targets } = plan;
  const vpc = rangeText(parseRange(cidr));
  const mapped = reachable(plan);
  const shared = plan.routing.subnets.flatMap((subnet) =>
    subnet.out === "nat" && subnet.natAddress !== undefined ? [[subnet.cidr, subnet.natAddress] as const] : [],
  );
  const out = [...mapped.map(([outside, inside]) => [inside, outside] as const), ...shared];
  const [namesAddress = "", namesPort = ""] = targets.names.split(":");
  return [
    "*nat",
    ...[address, RESOLVER].flatMap((resolver) =>
      ["udp", "tcp"].map((kind) => `-A PREROUTING -d ${resolver} -p ${kind} --dport 53 -j DNAT --to ${targets.names}`),
    ),
    // Ubuntu's mirrors alone: they are asked by plain HTTP.
    ...plan.broken.map(
      (inside) =>
        `-A PREROUTING -s ${inside} -d ${servicesAddress} -p tcp --dport 80 -j DNAT --to ${targets.services[BROKEN_PORT] ?? ""}`,
    ),
    ...Object.entries(targets.services).map(
      ([port, target]) => `-A PREROUTING -d ${servicesAddress} -p tcp --dport ${port} -j DNAT --to ${target}`,
    ),
    ...mapped.map(([outside, inside]) => `-A PREROUTING -d ${outside} -j DNAT --to ${inside}`),
    ...["udp", "tcp"].map((kind) => `-A POSTROUTING -d ${namesAddress} -p ${kind} --dport ${namesPort} -j MASQUERADE`),
    // Who calls a public address of the own VPC comes from outside, too.
    ...out.flatMap(([inside, outside]) => [
      `-A POSTROUTING -s ${inside} ! -d ${vpc} -j SNAT --to ${outside}`,
      `-A POSTROUTING -s ${inside} -d ${vpc} -m conntrack --ctstate DNAT -j SNAT --to ${outside}`,
    ]),
    "COMMIT",
    "*filter",
    ":FORWARD DROP [0:0]",
    "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ...["udp", "tcp"].map((kind) => `-A FORWARD -d ${namesAddress} -p ${kind} --dport ${namesPort} -j ACCEPT`),
    // Addresses of the workstation's Docker network in the VPC aren't outside.
    `-A FORWARD -s ${vpc} -d 169.254.0.0/16 -j DROP`,
    ...out.map(([inside]) => `-A FORWARD -s ${inside} -j ACCEPT`),
    ...mapped.map(([, inside]) => `-A FORWARD -d ${inside} -m conntrack --ctstate DNAT -j ACCEPT`),
    "COMMIT",
    "",
  ].join("\n");
}

/** Public addresses whose private one is in a subnet with a route to the internet, and those of load balancers. */
function reachable({ routing, balancers }: RouterPlan): (readonly [string, string])[] {
  const open = routing.subnets.filter(({ out }) => out === "internet").map(({ cidr }) => cidr);
  const instances = Object.entries(routing.publicAddresses);
  return [
    ...instances.filter(([, inside]) => open.some((cidr) => contains(cidr, inside))),
    ...Object.entries(balancers),
  ];
}
