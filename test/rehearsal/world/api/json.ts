/** Services of the JSON protocol: SSM, Service Quotas, tagging, CloudWatch and its logs. Source: their API references. */
import { z } from "zod";
import { AwsError } from "../errors";
import { QUOTAS, type QuotaCode } from "../quotas";
import type { World } from "../world";
import type { Parameter } from "../ssm";
import { jsonReply, pairs, type Reply } from "./wire";

type Operation = (input: unknown, region: string) => unknown;

const refuse = (operation: string, code: string, text: string): AwsError => new AwsError(operation, code, text);

/** Parameters are answered without their values but for GetParametersByPath and GetParameter, as IAM's user asks. */
function ssm({ cloud }: World): Readonly<Record<string, Operation>> {
  const { parameters } = cloud.state;
  const plain = (one: Parameter) => ({
    Name: one.name,
    ARN: one.arn,
    Type: one.type,
    LastModifiedDate: one.changed / 1000,
    Version: one.version,
    DataType: "text",
  });
  const withValue = (one: Parameter, decrypt: boolean) => ({
    ...plain(one),
    Value: one.type === "SecureString" && !decrypt ? Buffer.from(one.value).toString("base64") : one.value,
  });
  const filtersOf = z.object({
    ParameterFilters: z
      .array(z.object({ Key: z.string(), Option: z.string().default("Equals"), Values: z.array(z.string()) }))
      .default([]),
  });
  type Filter = z.infer<typeof filtersOf>["ParameterFilters"][number];
  const passes = (one: Parameter, { Key, Option, Values }: Filter): boolean => {
    const below = (path: string, deep: boolean): boolean => {
      const base = path.endsWith("/") ? path : `${path}/`;
      return one.name.startsWith(base) && (deep || !one.name.slice(base.length).includes("/"));
    };
    if (Key === "Name")
      return Values.some((value) => (Option === "BeginsWith" ? one.name.startsWith(value) : one.name === value));
    if (Key === "Path") return Values.some((value) => below(value, Option === "Recursive"));
    if (Key.startsWith("tag:")) return Values.includes(one.tags[Key.slice(4)] ?? "");
    throw refuse("SSM: DescribeParameters", "InvalidFilterKey", `the filter ${Key} isn't simulated`);
  };
  return {
    "AmazonSSM.DescribeParameters": (input) => {
      const { ParameterFilters: filters } = filtersOf.parse(input);
      return {
        Parameters: [...parameters.values()]
          .filter((one) => filters.every((filter) => passes(one, filter)))
          .map((one) => ({ ...plain(one), Description: one.description, Tier: "Standard" })),
      };
    },
    "AmazonSSM.GetParametersByPath": (input) => {
      const { Path, Recursive, WithDecryption } = z
        .object({ Path: z.string(), Recursive: z.boolean().default(false), WithDecryption: z.boolean().default(false) })
        .parse(input);
      const filter = { Key: "Path", Option: Recursive ? "Recursive" : "OneLevel", Values: [Path] };
      return {
        Parameters: [...parameters.values()]
          .filter((one) => passes(one, filter))
          .map((one) => withValue(one, WithDecryption)),
      };
    },
    "AmazonSSM.GetParameter": (input) => {
      const { Name, WithDecryption } = z
        .object({ Name: z.string(), WithDecryption: z.boolean().default(false) })
        .parse(input);
      const one = parameters.get(Name);
      if (one === undefined) throw refuse("SSM: GetParameter", "ParameterNotFound", "");
      return { Parameter: withValue(one, WithDecryption) };
    },
    "AmazonSSM.DeleteParameters": (input) => {
      const { Names } = z.object({ Names: z.array(z.string()).min(1).max(10) }).parse(input);
      const there = Names.filter((name) => parameters.has(name));
      for (const name of there) cloud.state.forget(parameters, name);
      return { DeletedParameters: there, InvalidParameters: Names.filter((name) => !there.includes(name)) };
    },
    "AmazonSSM.ListTagsForResource": (input) => {
      const { ResourceId } = z.object({ ResourceId: z.string() }).parse(input);
      const one = parameters.get(ResourceId);
      if (one === undefined) throw refuse("SSM: ListTagsForResource", "InvalidResourceId", "");
      return { TagList: pairs(one.tags, "Key", "Value") };
    },
  };
}

function quotas({ cloud }: World): Readonly<Record<string, Operation>> {
  const tell = (code: QuotaCode, limits: Readonly<Record<string, number>>) => ({
    ServiceCode: QUOTAS[code].service,
    QuotaCode: code,
    QuotaName: QUOTAS[code].name,
    Value: limits[code],
    Adjustable: true,
    GlobalQuota: false,
    Unit: "None",
  });
  const byDefault = Object.fromEntries(Object.entries(QUOTAS).map(([code, { value }]) => [code, value]));
  const one =
    (operation: string, limits: () => Readonly<Record<string, number>>): Operation =>
    (input) => {
      const { ServiceCode, QuotaCode } = z.object({ ServiceCode: z.string(), QuotaCode: z.string() }).parse(input);
      if (!(QuotaCode in QUOTAS) || QUOTAS[QuotaCode as QuotaCode].service !== ServiceCode)
        throw refuse(
          `Service Quotas: ${operation}`,
          "NoSuchResourceException",
          "The request failed because the specified quota does not exist.",
        );
      return { Quota: tell(QuotaCode as QuotaCode, limits()) };
    };
  const prefix = "ServiceQuotasV20190624";
  return {
    [`${prefix}.GetServiceQuota`]: one("GetServiceQuota", () => cloud.quotas),
    [`${prefix}.GetAWSDefaultServiceQuota`]: one("GetAWSDefaultServiceQuota", () => byDefault),
    [`${prefix}.ListServiceQuotas`]: (input) => {
      const { ServiceCode } = z.object({ ServiceCode: z.string() }).parse(input);
      const codes = (Object.keys(QUOTAS) as QuotaCode[]).filter((code) => QUOTAS[code].service === ServiceCode);
      return { Quotas: codes.map((code) => tell(code, cloud.quotas)) };
    },
  };
}

/** Services whose resources the tagging API tells of in us-east-1 alone. */
const GLOBAL = /^arn:aws:(iam|route53):/;

/**
 * GetResources: what is there, and for about an hour what is gone. Roles aren't told of at all.
 * Source: docs.aws.amazon.com, Resource Groups Tagging API, GetResources and "Services that support …".
 */
function tagging({ cloud }: World): Readonly<Record<string, Operation>> {
  const inputOf = z.object({
    TagFilters: z.array(z.object({ Key: z.string(), Values: z.array(z.string()).default([]) })).default([]),
  });
  return {
    "ResourceGroupsTaggingAPI_20170126.GetResources": (input, region) => {
      const { TagFilters } = inputOf.parse(input);
      const { tagMemory } = cloud.faults;
      const since = Date.now() - tagMemory * 1000;
      const gone = cloud.state.gone.filter(({ at }) => at > since);
      const there = [...cloud.state.tagged()].filter((one) => !("state" in one && one.state === "terminated"));
      const found = [...there, ...gone]
        .filter(({ arn }) => !arn.includes(":role/"))
        .filter(({ arn }) => (GLOBAL.test(arn) ? region === "us-east-1" : region === cloud.region))
        .filter(({ tags }) =>
          TagFilters.every(({ Key, Values }) => {
            const value = tags[Key];
            return value !== undefined && (Values.length === 0 || Values.includes(value));
          }),
        );
      return {
        PaginationToken: "",
        ResourceTagMappingList: found.map(({ arn, tags }) => ({ ResourceARN: arn, Tags: pairs(tags, "Key", "Value") })),
      };
    },
  };
}

function logs({ cloud }: World): Readonly<Record<string, Operation>> {
  return {
    "Logs_20140328.DescribeLogGroups": (input) => {
      const { logGroupNamePrefix = "" } = z.object({ logGroupNamePrefix: z.string().optional() }).parse(input);
      return {
        logGroups: [...cloud.state.logGroups.values()]
          .filter(({ name }) => name.startsWith(logGroupNamePrefix))
          .map(({ name, arn, days }) => ({ logGroupName: name, arn: `${arn}:*`, retentionInDays: days })),
      };
    },
  };
}

function alarms({ cloud }: World): Readonly<Record<string, Operation>> {
  return {
    "GraniteServiceVersion20100801.DescribeAlarms": (input) => {
      const { AlarmNames = [] } = z.object({ AlarmNames: z.array(z.string()).optional() }).parse(input);
      const found = [...cloud.state.alarms.values()].filter(
        ({ name }) => AlarmNames.length === 0 || AlarmNames.includes(name),
      );
      return { MetricAlarms: found.map(({ name, arn }) => ({ AlarmName: name, AlarmArn: arn })), CompositeAlarms: [] };
    },
  };
}

/** Answers operations by their target. */
export function jsonApi(world: World): (target: string, body: string, region: string) => Reply {
  const operations = { ...ssm(world), ...quotas(world), ...tagging(world), ...logs(world), ...alarms(world) };
  return (target, body, region) => {
    const operation = operations[target];
    if (operation === undefined) throw refuse(target, "UnknownOperationException", `${target} isn't simulated`);
    return jsonReply(operation(JSON.parse(body), region));
  };
}

/** The JSON protocol's form of an error. */
export function jsonError({ code, text, status }: AwsError): Reply {
  return jsonReply({ __type: code, message: text }, status);
}
