/** The other services of the query protocol: load balancing, IAM, STS. Source: their API references. */
import { randomUUID } from "node:crypto";
import { AwsError } from "../errors";
import type { World } from "../world";
import { targetHealth } from "../target-health";
import { pairs, Query, xml, xmlReply, type Reply, type Xml } from "./wire";

type Operation = (query: Query) => Record<string, Xml> | Promise<Record<string, Xml>>;

/** A service of the query protocol. */
export interface QueryService {
  readonly namespace: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

const refuse = (service: string, action: string, code: string, text: string, status = 400): AwsError =>
  new AwsError(`${service}: ${action}`, code, text, status);

/** Records by ARN or name; one that is asked for and missing is an error. */
function picked<T>(
  all: readonly T[],
  asked: readonly string[],
  keys: (one: T) => string[],
  missing: () => AwsError,
): T[] {
  if (asked.length === 0) return [...all];
  return asked.map((key) => {
    const found = all.find((one) => keys(one).includes(key));
    if (found === undefined) throw missing();
    return found;
  });
}

/** Elastic Load Balancing v2. */
export function balancingApi(world: World): QueryService {
  const { state } = world.cloud;
  const fail = (action: string, code: string, text: string): AwsError =>
    refuse("Elastic Load Balancing v2", action, code, text);
  return {
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    operations: {
      DescribeLoadBalancers: (query) => {
        const all = [...state.balancers.values()].filter((one) => one.state !== "deleting");
        const asked = [...query.list("LoadBalancerArns"), ...query.list("Names")];
        const found = picked(
          all,
          asked,
          ({ arn, name }) => [arn, name],
          () => fail(query.action, "LoadBalancerNotFound", "One or more load balancers not found"),
        );
        return {
          LoadBalancers: found.map((one) => ({
            LoadBalancerArn: one.arn,
            DNSName: one.dnsName,
            CreatedTime: new Date(one.created).toISOString(),
            LoadBalancerName: one.name,
            Scheme: one.internal ? "internal" : "internet-facing",
            VpcId: one.vpc,
            State: { Code: one.state },
            Type: "network",
            AvailabilityZones: one.interfaces.map(({ zone, subnet }) => ({ ZoneName: zone, SubnetId: subnet })),
            SecurityGroups: one.groups,
            IpAddressType: "ipv4",
          })),
        };
      },
      DescribeTargetGroups: (query) => {
        const all = [...state.targetGroups.values()];
        const asked = [...query.list("TargetGroupArns"), ...query.list("Names")];
        const found = picked(
          all,
          asked,
          ({ arn, name }) => [arn, name],
          () => fail(query.action, "TargetGroupNotFound", "One or more target groups not found"),
        );
        const balancer = query.text("LoadBalancerArn");
        const users = (arn: string): string[] => [
          ...new Set([...state.listeners.values()].filter((one) => one.targetGroup === arn).map((one) => one.balancer)),
        ];
        return {
          TargetGroups: found
            .filter(({ arn }) => balancer === undefined || users(arn).includes(balancer))
            .map((one) => ({
              TargetGroupArn: one.arn,
              TargetGroupName: one.name,
              Protocol: one.protocol,
              Port: one.port,
              VpcId: one.vpc,
              TargetType: "instance",
              LoadBalancerArns: users(one.arn),
            })),
        };
      },
      DescribeListeners: (query) => {
        const asked = query.list("ListenerArns");
        const balancer = query.text("LoadBalancerArn");
        const found = picked(
          [...state.listeners.values()],
          asked,
          ({ arn }) => [arn],
          () => fail(query.action, "ListenerNotFound", "One or more listeners not found"),
        );
        return {
          Listeners: found
            .filter((one) => balancer === undefined || one.balancer === balancer)
            .map((one) => ({
              ListenerArn: one.arn,
              LoadBalancerArn: one.balancer,
              Port: one.port,
              Protocol: one.protocol,
              DefaultActions: [{ Type: "forward", TargetGroupArn: one.targetGroup }],
            })),
        };
      },
      DescribeTargetHealth: async (query) => {
        const arn = query.text("TargetGroupArn") ?? "";
        if (!state.targetGroups.has(arn))
          throw fail(query.action, "TargetGroupNotFound", "One or more target groups not found");
        const found = await targetHealth(world.cloud, arn);
        return {
          TargetHealthDescriptions: found.map(({ id, port, state: now, reason, description }) => ({
            Target: { Id: id, Port: port },
            HealthCheckPort: port,
            TargetHealth: { State: now, Reason: reason, Description: description },
          })),
        };
      },
    },
  };
}

/** IAM. */
export function iamApi(world: World): QueryService {
  const { state } = world.cloud;
  const missing = (action: string, what: string, name: string): AwsError =>
    refuse("IAM", action, "NoSuchEntity", `${what} ${name} cannot be found.`, 404);
  const role = (query: Query) => {
    const name = query.text("RoleName") ?? "";
    const found = state.roles.get(name);
    if (found === undefined) throw missing(query.action, "The role with name", name);
    return found;
  };
  const profile = (query: Query) => {
    const name = query.text("InstanceProfileName") ?? "";
    const found = state.profiles.get(name);
    if (found === undefined) throw missing(query.action, "Instance Profile", name);
    return found;
  };
  const created = new Date(0).toISOString();
  const roleXml = (one: ReturnType<typeof role>, tags: boolean): Record<string, Xml> => ({
    Path: "/",
    RoleName: one.name,
    RoleId: one.uniqueId,
    Arn: one.arn,
    CreateDate: created,
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(one.trust)),
    // Lists come without tags. Source: API reference, ListRoles.
    Tags: tags ? pairs(one.tags, "Key", "Value") : undefined,
  });
  const profileXml = (one: ReturnType<typeof profile>, tags: boolean): Record<string, Xml> => {
    const of = state.roles.get(one.role ?? "");
    return {
      Path: "/",
      InstanceProfileName: one.name,
      InstanceProfileId: one.uniqueId,
      Arn: one.arn,
      CreateDate: created,
      Roles: of === undefined ? [] : [roleXml(of, false)],
      Tags: tags ? pairs(one.tags, "Key", "Value") : undefined,
    };
  };
  const all = { IsTruncated: false } as const;
  return {
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations: {
      ListRoles: () => ({ Roles: [...state.roles.values()].map((one) => roleXml(one, false)), ...all }),
      GetRole: (query) => ({ Role: roleXml(role(query), true) }),
      ListRoleTags: (query) => ({ Tags: pairs(role(query).tags, "Key", "Value"), ...all }),
      ListRolePolicies: (query) => ({ PolicyNames: [...role(query).policies.keys()], ...all }),
      ListInstanceProfiles: () => ({
        InstanceProfiles: [...state.profiles.values()].map((one) => profileXml(one, false)),
        ...all,
      }),
      GetInstanceProfile: (query) => ({ InstanceProfile: profileXml(profile(query), true) }),
      ListInstanceProfileTags: (query) => ({ Tags: pairs(profile(query).tags, "Key", "Value"), ...all }),
    },
  };
}

/** STS. */
export function stsApi(world: World): QueryService {
  const { user } = world.credentials;
  return {
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: {
      GetCallerIdentity: () => ({
        Arn: user.identity.arn,
        UserId: user.id.replace("AKIA", "AIDA"),
        Account: world.cloud.account,
      }),
    },
  };
}

/** Answers an operation of a service. */
export async function queryReply({ namespace, operations }: QueryService, body: string): Promise<Reply> {
  const query = new Query(body);
  const { action } = query;
  const operation = operations[action];
  if (operation === undefined) throw refuse("?", action, "InvalidAction", `Could not find operation ${action}`);
  const result = xml(`${action}Result`, await operation(query), "member");
  const meta = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  return xmlReply(`<${action}Response xmlns="${namespace}">${result}${meta}</${action}Response>`);
}

/** The query protocol's form of an error; Route 53 has the same. */
export function queryError({ code, text, status }: AwsError): Reply {
  const error = xml("Error", { Type: "Sender", Code: code, Message: text }, "member");
  return xmlReply(`<ErrorResponse>${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`, status);
}
