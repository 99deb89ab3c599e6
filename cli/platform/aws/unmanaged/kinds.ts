/** How each kind of resource is confirmed with its own service: the tagging API lists deleted ones for about an hour. */
import { z } from "zod";
import type { AwsCall } from "../ask";

/** A question about several resources of one kind, and how its answer is read. */
export interface Confirmation {
  readonly call: AwsCall;
  /** Ids, of those asked for, that the service still has. */
  readonly present: (answer: unknown) => readonly string[];
  /** Error codes that mean that it has none of them. */
  readonly gone: readonly string[];
}

/** Makes the questions about resources of a kind. */
type Kind = (ids: readonly string[], region: string) => readonly Confirmation[];

/** Ids in one question: EC2 takes 200 values in a filter, Systems Manager 50, CloudWatch 100 names. */
const MOST = 50;

/** A describe call of EC2 with a filter: one with ids would fail for the first that is gone. */
function ec2(
  what: { readonly operation: string; readonly filter: string; readonly list: string; readonly id: string },
  over: readonly string[] = [],
): Kind {
  // Two of the calls name their filters in the singular. Source: botocore's model of EC2.
  const flag = ["describe-nat-gateways", "describe-flow-logs"].includes(what.operation) ? "--filter" : "--filters";
  return (ids, region) =>
    chunks(ids).map((some) => ({
      call: {
        operation: ["ec2", what.operation],
        region,
        options: [flag, `Name=${what.filter},Values=${some.join(",")}`],
      },
      present: (answer) =>
        recordsIn(answer, what.list)
          .filter((one) => !over.includes(stateOf(one)))
          .map((one) => textIn(one, what.id)),
      gone: [],
    }));
}

/** Lists all in the region: to describe one that no longer exists is an error. */
function listed(operation: AwsCall["operation"], list: string, id: string, cut = (found: string) => found): Kind {
  return (_, region) => [
    {
      call: { operation, region },
      present: (answer) => recordsIn(answer, list).map((one) => cut(textIn(one, id))),
      gone: [],
    },
  ];
}

/** One question for each: there is no other way. */
function each(
  call: (id: string) => Pick<AwsCall, "operation" | "options">,
  gone: readonly string[],
  present: (answer: unknown, id: string) => boolean = () => true,
): Kind {
  return (ids, region) =>
    ids.map((id) => ({
      call: { ...call(id), region },
      present: (answer) => (present(answer, id) ? [id] : []),
      gone,
    }));
}

/** By service and type of the ARN. A kind that isn't here can't be confirmed, and counts as left. */
const KINDS: Readonly<Record<string, Kind>> = {
  "ec2 instance": (ids, region) =>
    chunks(ids).map((some) => ({
      call: {
        operation: ["ec2", "describe-instances"],
        region,
        options: ["--filters", `Name=instance-id,Values=${some.join(",")}`],
      },
      present: (answer) =>
        recordsIn(answer, "Reservations")
          .flatMap((one) => recordsIn(one, "Instances"))
          .filter((one) => !["terminated", "shutting-down"].includes(stateOf(one)))
          .map((one) => textIn(one, "InstanceId")),
      gone: [],
    })),
  "ec2 volume": ec2({ operation: "describe-volumes", filter: "volume-id", list: "Volumes", id: "VolumeId" }),
  "ec2 network-interface": ec2({
    operation: "describe-network-interfaces",
    filter: "network-interface-id",
    list: "NetworkInterfaces",
    id: "NetworkInterfaceId",
  }),
  "ec2 vpc": ec2({ operation: "describe-vpcs", filter: "vpc-id", list: "Vpcs", id: "VpcId" }),
  "ec2 subnet": ec2({ operation: "describe-subnets", filter: "subnet-id", list: "Subnets", id: "SubnetId" }),
  "ec2 route-table": ec2({
    operation: "describe-route-tables",
    filter: "route-table-id",
    list: "RouteTables",
    id: "RouteTableId",
  }),
  "ec2 internet-gateway": ec2({
    operation: "describe-internet-gateways",
    filter: "internet-gateway-id",
    list: "InternetGateways",
    id: "InternetGatewayId",
  }),
  "ec2 elastic-ip": ec2({
    operation: "describe-addresses",
    filter: "allocation-id",
    list: "Addresses",
    id: "AllocationId",
  }),
  "ec2 security-group": ec2({
    operation: "describe-security-groups",
    filter: "group-id",
    list: "SecurityGroups",
    id: "GroupId",
  }),
  "ec2 security-group-rule": ec2({
    operation: "describe-security-group-rules",
    filter: "security-group-rule-id",
    list: "SecurityGroupRules",
    id: "SecurityGroupRuleId",
  }),
  // Gone ones are told of for about an hour. Source: EC2 API reference, DescribeNatGateways.
  "ec2 natgateway": ec2(
    { operation: "describe-nat-gateways", filter: "nat-gateway-id", list: "NatGateways", id: "NatGatewayId" },
    ["deleted"],
  ),
  "ec2 vpc-endpoint": ec2(
    { operation: "describe-vpc-endpoints", filter: "vpc-endpoint-id", list: "VpcEndpoints", id: "VpcEndpointId" },
    ["deleted"],
  ),
  "ec2 vpc-flow-log": ec2({
    operation: "describe-flow-logs",
    filter: "flow-log-id",
    list: "FlowLogs",
    id: "FlowLogId",
  }),
  "elasticloadbalancing loadbalancer": listed(
    ["elbv2", "describe-load-balancers"],
    "LoadBalancers",
    "LoadBalancerArn",
    afterType,
  ),
  "elasticloadbalancing targetgroup": listed(
    ["elbv2", "describe-target-groups"],
    "TargetGroups",
    "TargetGroupArn",
    afterType,
  ),
  "ssm parameter": (ids, region) =>
    chunks(ids).map((some) => ({
      call: {
        operation: ["ssm", "describe-parameters"],
        region,
        options: ["--parameter-filters", `Key=Name,Option=Equals,Values=${some.join(",")}`],
      },
      present: (answer) => recordsIn(answer, "Parameters").map((one) => textIn(one, "Name")),
      gone: [],
    })),
  "s3 bucket": each((id) => ({ operation: ["s3api", "head-bucket"], options: ["--bucket", id] }), ["404"]),
  "logs log-group": each(
    (id) => ({ operation: ["logs", "describe-log-groups"], options: ["--log-group-name-prefix", id] }),
    [],
    (answer, id) => recordsIn(answer, "logGroups").some((one) => textIn(one, "logGroupName") === id),
  ),
  "cloudwatch alarm": (ids, region) =>
    chunks(ids).map((some) => ({
      call: { operation: ["cloudwatch", "describe-alarms"], region, options: ["--alarm-names", ...some] },
      present: (answer) => recordsIn(answer, "MetricAlarms").map((one) => textIn(one, "AlarmName")),
      gone: [],
    })),
  "iam role": each((id) => ({ operation: ["iam", "get-role"], options: ["--role-name", id] }), ["NoSuchEntity"]),
  "iam instance-profile": each(
    (id) => ({ operation: ["iam", "get-instance-profile"], options: ["--instance-profile-name", id] }),
    ["NoSuchEntity"],
  ),
  "route53 hostedzone": listed(["route53", "list-hosted-zones"], "HostedZones", "Id", (id) =>
    id.replace("/hostedzone/", ""),
  ),
};

/**
 * The questions about resources of a kind.
 *
 * @param kind service and type, such as `ec2 instance`
 * @returns undefined where there is no way to confirm them
 */
export function confirmations(
  kind: string,
  ids: readonly string[],
  region: string,
): readonly Confirmation[] | undefined {
  return KINDS[kind]?.(ids, region);
}

/** `net/lb-app-1/50dc…` of a load balancer's or target group's ARN. */
function afterType(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / MOST) }, (_, i) => ids.slice(i * MOST, (i + 1) * MOST));
}

const recordSchema = z.record(z.string(), z.unknown());

/** @throws ZodError for an answer without such a list: it must never pass for an empty one */
function recordsIn(answer: unknown, list: string): Record<string, unknown>[] {
  return z.array(recordSchema).parse(recordSchema.parse(answer)[list]);
}

function textIn(record: Record<string, unknown>, key: string): string {
  return z.string().parse(record[key]);
}

/** `State` is a text, or an object with a `Name`; EC2 writes it in either case. */
function stateOf(record: Record<string, unknown>): string {
  const state = record["State"];
  const text = typeof state === "object" && state !== null ? (state as { Name?: unknown }).Name : state;
  return typeof text === "string" ? text.toLowerCase() : "";
}
