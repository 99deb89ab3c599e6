/** What a stack needs of the account's quotas, from its configuration alone. Pure. */
import type { AwsStackConfig } from "../../../../config/platforms/aws";
import { loadBalancerSpecs } from "../../../../components/platform/aws/load-balancer-spec";
import { shapeOf, tierShape } from "../../../../components/platform/aws/instance-shape";
import { securityRules, type GroupName } from "../../../../components/platform/aws/security";
import { planHosts } from "../../../../plan/placement";

/** What a stack creates that counts for a quota, by its name in the program. */
export interface Need {
  /** Instance type of each instance. */
  readonly instances: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly vpcs: readonly string[];
  readonly gateways: readonly string[];
  /** Zone of each NAT gateway. */
  readonly natGateways: Readonly<Record<string, string>>;
  readonly loadBalancers: readonly string[];
  /** Most rules in one direction that a security group has. */
  readonly rules: number;
}

/** See {@link Need}. */
export function needOf(config: AwsStackConfig): Need {
  const { aws, zones } = config;
  const own = aws.network.vpc === undefined;
  const nats = own ? zones.slice(0, aws.network.nat === "single" ? 1 : zones.length) : [];
  return {
    instances: {
      bastion: tierShape(config, "bastion").instanceType,
      ...Object.fromEntries(planHosts(config).map((host) => [host.name, shapeOf(config, host).instanceType])),
    },
    addresses: [...(aws.bastion.access === "public" ? ["bastion"] : []), ...nats.map((zone) => `nat-${zone}`)],
    vpcs: own ? ["vpc"] : [],
    gateways: own ? ["gateway"] : [],
    natGateways: Object.fromEntries(nats.map((zone) => [`nat-${zone}`, zone])),
    loadBalancers: loadBalancerSpecs(aws).map(({ name }) => `lb-${name}`),
    rules: mostRules(config),
  };
}

/** A prefix list counts as many times as it has entries; that of S3 counts once. Source: VPC user guide, "AWS-managed prefix lists". */
function mostRules(config: AwsStackConfig): number {
  const counts = new Map<string, number>();
  const count = (group: GroupName, direction: string): void => {
    const key = `${group} ${direction}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { from, to } of securityRules(config)) {
    if (typeof to === "string") count(to, "in");
    if (typeof from === "string") count(from, "out");
  }
  return Math.max(0, ...counts.values());
}
