import { roleOf } from "../instance";
import { UNKNOWN, valueAt, type Planned } from "../planned";
import { INSTANCE } from "./ec2";
import { eachOf, type Rule } from "./rule";

const NAT = "aws:ec2/natGateway:NatGateway";
const ASSOCIATION = "aws:ec2/eipAssociation:EipAssociation";

/** Rules about public addresses. */
export const addressRules: readonly Rule[] = [
  {
    name: "no-public-hosts",
    description: "Only the bastion has a public address.",
    check: eachOf([INSTANCE], (instance) =>
      valueAt(instance.inputs, "associatePublicIpAddress") === true && !mayBeBastion(instance)
        ? ["it gets a public address; only the bastion may have one"]
        : [],
    ),
  },
  {
    name: "public-addresses-have-owners",
    description: "Elastic addresses belong to the bastion and to NAT gateways.",
    check: (resources) =>
      eachOf(["aws:ec2/eip:Eip"], (address) => {
        const owners = ownersOf(address, resources);
        const others = owners.filter((one) => one !== UNKNOWN && one.type !== NAT && !mayBeBastion(one));
        if (owners.length > 0 && others.length === 0) return [];
        const whose = others.map((one) => (one === UNKNOWN ? "" : one.name)).join(", ") || "nobody";
        return [`it is ${whose}'s; only the bastion and NAT gateways have such an address`];
      })(resources),
  },
  {
    name: "no-inner-public-subnets",
    description: "Hosts are in private subnets: a private subnet gives out no public addresses.",
    check: eachOf(["aws:ec2/subnet:Subnet"], ({ inputs }) => {
      const gives = valueAt(inputs, "mapPublicIpOnLaunch");
      return gives === undefined || gives === false || gives === UNKNOWN
        ? []
        : ["it gives every instance a public address; leave mapPublicIpOnLaunch out"];
    }),
  },
];

/** Whether it is the bastion by its tags, or its tags aren't known yet. */
function mayBeBastion(resource: Planned): boolean {
  const role = roleOf(resource);
  return role === "bastion" || role === UNKNOWN;
}

type Owner = Planned | typeof UNKNOWN;

/** Users of a public address: by the address itself, by an association, or as a NAT gateway. */
function ownersOf(address: Planned, resources: readonly Planned[]): Owner[] {
  const instance = sourceOf(address, "instance", resources);
  const own: Owner[] = instance === undefined ? [] : [instance];
  const takers = resources.filter(({ type }) => type === NAT || type === ASSOCIATION);
  return [
    ...own,
    ...takers.flatMap((taker): Owner[] => {
      const taken = sourceOf(taker, "allocationId", resources);
      if (taken === UNKNOWN) return [UNKNOWN];
      if (taken?.urn !== address.urn) return [];
      return [taker.type === NAT ? taker : (sourceOf(taker, "instanceId", resources) ?? taker)];
    }),
  ];
}

/** The resource that a property's value comes from; {@link UNKNOWN} if neither the value nor the resource is known. */
function sourceOf(of: Planned, property: string, resources: readonly Planned[]): Owner | undefined {
  const source = resources.find(({ urn }) => of.references[property]?.includes(urn));
  return source ?? (valueAt(of.inputs, property) === UNKNOWN ? UNKNOWN : undefined);
}
