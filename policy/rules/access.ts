import { isRange } from "../../config/world";
import { ingressRulesOf, groupsOf, PUBLIC_PORTS } from "../ingress-rules";
import { isHost } from "../../plan/roles";
import { instanceFacts } from "../instance";
import { listAt, valueAt, type Planned } from "../planned";
import { openToWorld } from "../world";
import { eachOf, type Rule } from "./rule";

/** Rules about network access. */
export const accessRules: readonly Rule[] = [
  {
    name: "no-world-for-administrators",
    description: "Only the ports of applications may be open to the world, in one range or in many.",
    check: (resources) => {
      const rules = resources.flatMap((resource) =>
        ingressRulesOf(resource).map((rule) => ({ ...rule, resource: resource.name })),
      );
      return openToWorld(rules.filter(({ port }) => port !== "unknown")).map(
        ({ resource, from, to, protocol, port }) => ({
          resource,
          message: `${from} may reach ${to} on ${protocol} ${port}, which together with other ranges is as good as the world; only ports ${PUBLIC_PORTS.join(" and ")} may be open to so many`,
        }),
      );
    },
  },
  {
    name: "nodes-by-group",
    description: "Nodes are reached from security groups, never from ranges of addresses.",
    check: (resources) => {
      const ofHosts = new Set(resources.filter(isNode).flatMap(memberships));
      return resources
        .filter((resource) => groupsOf(resource).some((group) => ofHosts.has(group)))
        .flatMap((resource) =>
          ingressRulesOf(resource)
            .filter(({ from }) => isRange(from))
            .map(({ from, to, port }) => ({
              resource: resource.name,
              message: `${from} may reach ${to} on port ${port}; name the security group that the connections come from`,
            })),
        );
    },
  },
  {
    name: "no-all-ports",
    description: "Each rule names its port.",
    check: (resources) =>
      resources.flatMap((resource) =>
        ingressRulesOf(resource)
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
];

/** Whether it is a host of the swarm. */
function isNode(resource: Planned): boolean {
  const facts = instanceFacts(resource);
  return facts !== undefined && isHost(facts);
}

/** Ids or URNs of an instance's security groups. */
function memberships({ inputs, references }: Planned): unknown[] {
  return [...(references["vpcSecurityGroupIds"] ?? []), ...listAt(inputs, "vpcSecurityGroupIds")];
}
