import { numberAt, textAt, valueAt, type Planned } from "../../../policy/planned";

/**
 * What AWS bills for a resource by the hour or month: type and size. Nothing for what is free, or billed by use alone.
 * A network load balancer that faces the internet has a public address in each of its zones.
 */
export function billedOf({ type, inputs }: Planned): string[] {
  switch (type) {
    case "aws:ec2/instance:Instance": {
      const size = numberAt(inputs, "rootBlockDevice", "volumeSize");
      return [
        `${textAt(inputs, "instanceType") ?? "unknown type of"} instance`,
        ...(size === undefined
          ? []
          : [`${textAt(inputs, "rootBlockDevice", "volumeType") ?? "EBS"} volume of ${size} GiB`]),
      ];
    }
    case "aws:ec2/natGateway:NatGateway":
      return ["NAT gateway"];
    case "aws:ec2/eip:Eip":
      return ["public IPv4 address"];
    case "aws:lb/loadBalancer:LoadBalancer": {
      const subnets = valueAt(inputs, "subnets");
      const zones = valueAt(inputs, "internal") === true || !Array.isArray(subnets) ? 0 : subnets.length;
      return [
        `${textAt(inputs, "loadBalancerType") ?? "application"} load balancer`,
        ...Array<string>(zones).fill("public IPv4 address"),
      ];
    }
    case "aws:route53/zone:Zone":
      return ["Route 53 hosted zone"];
    case "aws:kms/key:Key":
      return ["KMS key"];
    case "aws:cloudwatch/metricAlarm:MetricAlarm":
      return ["CloudWatch alarm"];
    default:
      return [];
  }
}
