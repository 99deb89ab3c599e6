/** Rules about several properties together, and about keys. */
import { shown, type Violation } from "./constraint";
import { isUnknown } from "./walk";

type Inputs = Readonly<Record<string, unknown>>;

/** What is wrong with a resource of this type. Values that aren't known yet break no rule. */
type Check = (type: string, inputs: Inputs) => Violation[];

const ELB = "docs.aws.amazon.com/elasticloadbalancing/latest/APIReference";
const IAM = "docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";

/** A rule of one type. */
function of(only: string, check: (inputs: Inputs) => Violation[]): Check {
  return (type, inputs) => (type === only ? check(inputs) : []);
}

function unless(
  holds: boolean,
  violation: { property: string; value: unknown; rule: string; source: string },
): Violation[] {
  return holds ? [] : [{ ...violation, value: shown(violation.value) }];
}

const given = (value: unknown): boolean => value !== undefined && value !== null;

function record(value: unknown): Inputs {
  return typeof value === "object" && value !== null && !isUnknown(value) ? (value as Inputs) : {};
}

const TAGS = "docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html";

/** Keys of tags. */
const tagKeys: Check = (_type, inputs) =>
  Object.keys(record(inputs["tags"])).flatMap((key) =>
    unless(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(key), {
      property: "tags",
      value: key,
      rule: "has keys of 1 to 128 letters, digits, spaces and _.:/=+-@, none of which begins with aws:",
      source: TAGS,
    }),
  );

/** A rule of a security group names exactly one peer, and ports where the protocol has them. */
function groupRule(inputs: Inputs): Violation[] {
  const peers = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"].filter((key) =>
    given(inputs[key]),
  );
  const { ipProtocol, fromPort, toPort } = inputs;
  const hasPorts = ["tcp", "udp", "6", "17"].includes(String(ipProtocol));
  const source = "docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html";
  return [
    ...unless(peers.length === 1, { property: "cidrIpv4", value: peers, rule: "names exactly one peer", source }),
    ...unless(isUnknown(ipProtocol) || !hasPorts || (given(fromPort) && given(toPort)), {
      property: "fromPort",
      value: fromPort,
      rule: "has ports for tcp and udp",
      source,
    }),
    ...unless(!(typeof fromPort === "number" && typeof toPort === "number") || fromPort <= toPort, {
      property: "fromPort",
      value: fromPort,
      rule: "isn't greater than toPort",
      source,
    }),
  ];
}

/** What network load balancers ask of a target group. */
function targetGroup(inputs: Inputs): Violation[] {
  const { interval, timeout } = record(inputs["healthCheck"]);
  const states = Array.isArray(inputs["targetHealthStates"]) ? (inputs["targetHealthStates"] as unknown[]) : [];
  return [
    ...unless(!(typeof interval === "number" && typeof timeout === "number") || timeout <= interval, {
      property: "healthCheck.timeout",
      value: timeout,
      rule: "isn't greater than the interval",
      source: `${ELB}/API_CreateTargetGroup.html`,
    }),
    ...states.map(record).flatMap((state, i) =>
      unless(
        state["enableUnhealthyConnectionTermination"] !== true || Number(state["unhealthyDrainingInterval"] ?? 0) === 0,
        {
          property: `targetHealthStates[${String(i)}].unhealthyDrainingInterval`,
          value: state["unhealthyDrainingInterval"],
          rule: "is 0 where unhealthy connections are terminated",
          source: `${ELB}/API_TargetGroupAttribute.html`,
        },
      ),
    ),
  ];
}

/** TLS needs a certificate, and nothing else has one. */
function listener(inputs: Inputs): Violation[] {
  const { protocol, certificateArn, sslPolicy } = inputs;
  if (isUnknown(protocol)) return [];
  const source = `${ELB}/API_CreateListener.html`;
  const isTls = protocol === "TLS" || protocol === "HTTPS";
  return [
    ...unless(given(certificateArn) === isTls, {
      property: "certificateArn",
      value: certificateArn,
      rule: "is there for TLS and HTTPS, and for nothing else",
      source,
    }),
    ...unless(isTls || !given(sslPolicy), {
      property: "sslPolicy",
      value: sslPolicy,
      rule: "is for TLS and HTTPS only",
      source,
    }),
  ];
}

/** Size of a policy as IAM counts it: without white space. */
function policySize(limit: number, property: string): (inputs: Inputs) => Violation[] {
  return (inputs) => {
    const text = inputs[property];
    if (typeof text !== "string" || isUnknown(text)) return [];
    return [
      ...unless(text.replace(/\s/g, "").length <= limit, {
        property,
        value: text,
        rule: `has at most ${String(limit)} characters without white space`,
        source: IAM,
      }),
      ...unless(isJson(text), { property, value: text, rule: "is JSON", source: IAM }),
    ];
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A route has one destination and one target. */
function route(inputs: Inputs): Violation[] {
  const targets = Object.keys(inputs).filter(
    (key) =>
      /^(gatewayId|natGatewayId|networkInterfaceId|vpcEndpointId|transitGatewayId|vpcPeeringConnectionId)$/.test(key) &&
      given(inputs[key]),
  );
  const source = "docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html";
  return [
    ...unless(targets.length === 1, {
      property: "gatewayId",
      value: targets,
      rule: "names exactly one target",
      source,
    }),
    ...unless(given(inputs["destinationCidrBlock"]) || given(inputs["destinationPrefixListId"]), {
      property: "destinationCidrBlock",
      value: undefined,
      rule: "names a destination",
      source,
    }),
  ];
}

/** A public NAT gateway has an Elastic IP. */
function natGateway(inputs: Inputs): Violation[] {
  return unless(inputs["connectivityType"] === "private" || given(inputs["allocationId"]), {
    property: "allocationId",
    value: undefined,
    rule: "is there for a public NAT gateway",
    source: "docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html",
  });
}

/** An alias has no TTL, and every record has values or is an alias. */
function dnsRecord(inputs: Inputs): Violation[] {
  const source = "docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html";
  const isAlias = given(inputs["aliases"]);
  return [
    ...unless(!isAlias || !given(inputs["ttl"]), {
      property: "ttl",
      value: inputs["ttl"],
      rule: "isn't there for an alias",
      source,
    }),
    ...unless(isAlias !== given(inputs["records"]), {
      property: "records",
      value: inputs["records"],
      rule: "is there, or else aliases",
      source,
    }),
  ];
}

/** Alarms look at metrics in steps of 10, 20 or 30 seconds, or of whole minutes, over a week at the most. */
function alarm(inputs: Inputs): Violation[] {
  const { period, evaluationPeriods } = inputs;
  const source = "docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html";
  if (typeof period !== "number") return [];
  return [
    ...unless([10, 20, 30].includes(period) || period % 60 === 0, {
      property: "period",
      value: period,
      rule: "is 10, 20, 30 or a multiple of 60",
      source,
    }),
    ...unless(typeof evaluationPeriods !== "number" || period * evaluationPeriods <= 604_800, {
      property: "evaluationPeriods",
      value: evaluationPeriods,
      rule: "covers at most 7 days together with period",
      source,
    }),
  ];
}

/** A rule that expires delete markers has no other condition of expiry. */
function lifecycle(inputs: Inputs): Violation[] {
  const rules = Array.isArray(inputs["rules"]) ? (inputs["rules"] as unknown[]) : [];
  return rules
    .map((rule) => record(record(rule)["expiration"]))
    .flatMap((expiration, i) =>
      unless(
        !given(expiration["expiredObjectDeleteMarker"]) || (!given(expiration["days"]) && !given(expiration["date"])),
        {
          property: `rules[${String(i)}].expiration`,
          value: expiration,
          rule: "has either expiredObjectDeleteMarker, or days, or a date",
          source: "docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html",
        },
      ),
    );
}

/** All of them. */
export const CHECKS: readonly Check[] = [
  tagKeys,
  of("vpc/securityGroupIngressRule:SecurityGroupIngressRule", groupRule),
  of("vpc/securityGroupEgressRule:SecurityGroupEgressRule", groupRule),
  of("lb/targetGroup:TargetGroup", targetGroup),
  of("lb/listener:Listener", listener),
  of("iam/role:Role", policySize(2048, "assumeRolePolicy")),
  of("iam/rolePolicy:RolePolicy", policySize(10_240, "policy")),
  of("ec2/route:Route", route),
  of("ec2/natGateway:NatGateway", natGateway),
  of("route53/record:Record", dnsRecord),
  of("cloudwatch/metricAlarm:MetricAlarm", alarm),
  of("s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", lifecycle),
];
