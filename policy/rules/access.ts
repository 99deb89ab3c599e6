import { doorsOf, isWorld, PUBLIC_PORTS } from "../doors";
import { UNKNOWN, valueAt } from "../planned";
import { eachOf, type Rule } from "./rule";

const INSTANCE = "aws:ec2/instance:Instance";

/** Groups are `sg-<tier>`; of the machines' and the inner load balancers' none is for people. */
const OUTSIDE: readonly string[] = ["operator", "lb-manager", "lb-registry", "lb-app"];

/** Who may come in, and on which ports. */
export const accessRules: readonly Rule[] = [
  {
    name: "no-world-for-administrators",
    description: "Half the world or more may reach the ports of applications only.",
    check: (resources) =>
      resources.flatMap((resource) =>
        doorsOf(resource)
          .filter(({ from, port }) => isWorld(from) && port !== "unknown" && !PUBLIC_PORTS.includes(port))
          .map(({ from, to, port, protocol }) => ({
            resource: resource.name,
            message: `${from} may reach ${to} on ${protocol} ${port}; only ports ${PUBLIC_PORTS.join(" and ")} may be open to so many`,
          })),
      ),
  },
  {
    name: "nodes-by-group",
    description: "Nodes are reached from security groups, never from ranges of addresses.",
    check: (resources) =>
      resources.flatMap((resource) =>
        doorsOf(resource)
          .filter(({ from, to }) => /^[0-9a-f.:]+\/\d+$/i.test(from) && !OUTSIDE.includes(to) && to !== "unknown")
          .map(({ from, to, port }) => ({
            resource: resource.name,
            message: `${from} may reach ${to} on port ${port}; name the security group that the connections come from`,
          })),
      ),
  },
  {
    name: "no-all-ports",
    description: "Each rule names its port.",
    check: (resources) =>
      resources.flatMap((resource) =>
        doorsOf(resource)
          .filter(({ port, protocol }) => (port === "all" && protocol !== "esp") || protocol === "all")
          .map(({ to }) => ({ resource: resource.name, message: `it opens all ports of ${to}; name the port` })),
      ),
  },
  {
    name: "no-inline-rules",
    description: "Security groups have no rules of their own: inline ones and single ones undo each other.",
    check: eachOf(["aws:ec2/securityGroup:SecurityGroup"], ({ inputs }) =>
      ["ingress", "egress"].flatMap((key) => {
        const rules = valueAt(inputs, key);
        return Array.isArray(rules) && rules.length > 0
          ? [`it has ${key} rules inline; make them resources of their own`]
          : [];
      }),
    ),
  },
  {
    name: "no-public-hosts",
    description: "No machine has a public address but the operator.",
    check: eachOf([INSTANCE], ({ name, inputs }) =>
      valueAt(inputs, "associatePublicIpAddress") === true && valueAt(inputs, "tags", "swarm-ha.role") !== "operator"
        ? [`${name} gets a public address; only the operator may have one`]
        : [],
    ),
  },
  {
    name: "public-addresses-have-owners",
    description: "Elastic addresses belong to the operator and to NAT gateways.",
    check: (resources) => {
      const used = new Set(
        resources
          .filter(({ type }) => type === "aws:ec2/natGateway:NatGateway")
          .flatMap(({ references }) => references["allocationId"] ?? []),
      );
      return eachOf(["aws:ec2/eip:Eip"], ({ name, references }) => {
        const target = references["instance"]?.[0];
        const mine = target === "operator" || used.has(name) || /operator|nat/.test(name);
        return mine
          ? []
          : [`${name} is of ${target ?? "nobody"}; only the operator and NAT gateways have such an address`];
      })(resources, "");
    },
  },
  {
    name: "no-inner-public-subnets",
    description: "Hosts are in private subnets: a private subnet gives out no public addresses.",
    check: eachOf(["aws:ec2/subnet:Subnet"], ({ name, inputs }) => {
      const gives = valueAt(inputs, "mapPublicIpOnLaunch");
      return gives === undefined || gives === false || gives === UNKNOWN
        ? []
        : [`${name} gives every machine a public address; leave mapPublicIpOnLaunch out`];
    }),
  },
];
