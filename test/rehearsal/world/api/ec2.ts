/** EC2's API as far as our commands ask it. Source: API reference of EC2, version 2016-11-15. */
import { randomUUID } from "node:crypto";
import { AwsError, refusals } from "../errors";
import type { Kept } from "../state";
import { matches } from "../policy";
import { vcpus } from "../quotas";
import { terminate } from "../instances";
import type { World } from "../world";
import { pairs, Query, xml, xmlReply, type Reply, type Xml } from "./wire";

const refuse = refusals("EC2");
const NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** One describe call: its records, how they are told, and by what they are filtered. */
interface Described<T extends Kept> {
  /** Name of the list in the answer. */
  readonly set: string;
  /** Name of the parameter with ids. */
  readonly ids: string;
  /** Error for an id that isn't there. */
  readonly missing: string;
  records(): Iterable<T>;
  tell(record: T): Record<string, Xml>;
  /** Filters besides `tag:…` and `tag-key`. */
  readonly filters: Readonly<Record<string, (record: T) => readonly (string | undefined)[]>>;
}

function described<T extends Kept>(what: Described<T>): (query: Query) => Record<string, Xml> {
  return (query) => {
    const ids = query.list(what.ids);
    const all = [...what.records()];
    const missing = ids.filter((id) => !all.some((one) => one.id === id));
    if (missing.length > 0) throw refuse(query.action, what.missing, `The ID '${missing.join(", ")}' does not exist`);
    const found = all.filter(
      (one) =>
        (ids.length === 0 || ids.includes(one.id)) &&
        query.filters().every((filter) => passes(query.action, what, one, filter)),
    );
    return { [what.set]: found.map((one) => what.tell(one)) };
  };
}

function passes<T extends Kept>(
  action: string,
  what: Described<T>,
  record: T,
  { name, values }: { readonly name: string; readonly values: readonly string[] },
): boolean {
  const any = (found: readonly (string | undefined)[]): boolean =>
    found.some((one) => one !== undefined && values.some((value) => matches(value, one)));
  if (name.startsWith("tag:")) return any([record.tags[name.slice(4)]]);
  if (name === "tag-key") return any(Object.keys(record.tags));
  const field = what.filters[name];
  if (field === undefined) throw refuse(action, "InvalidParameterValue", `The filter '${name}' is invalid`);
  return any(field(record));
}

const tagSet = ({ tags }: Kept): Xml => pairs(tags, "key", "value");

const STATE_CODES = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

function instances({ cloud }: World) {
  const tell = (one: ReturnType<typeof all>[number]): Record<string, Xml> => {
    const there = one.state !== "terminated";
    const address = [...cloud.state.addresses.values()].find(({ instance }) => instance === one.id)?.publicAddress;
    const groups = one.groups.map((id) => ({ groupId: id, groupName: cloud.state.groups.get(id)?.name }));
    return {
      instanceId: one.id,
      imageId: one.image,
      instanceState: { code: STATE_CODES[one.state], name: one.state },
      privateDnsName: there ? `ip-${one.address.replaceAll(".", "-")}.${cloud.region}.compute.internal` : "",
      instanceType: one.type,
      launchTime: new Date(one.launched).toISOString(),
      placement: { availabilityZone: one.zone, tenancy: "default" },
      ...(there ? { subnetId: one.subnet, vpcId: one.vpc, privateIpAddress: one.address, ipAddress: address } : {}),
      architecture: one.architecture === "amd64" ? "x86_64" : "arm64",
      groupSet: there ? groups : [],
      iamInstanceProfile:
        one.profile === undefined
          ? undefined
          : { arn: [...cloud.state.profiles.values()].find(({ name }) => name === one.profile)?.arn },
      tagSet: tagSet(one),
    };
  };
  const all = () => [...cloud.state.instances.values()];
  const list = described({
    set: "instances",
    ids: "InstanceId",
    missing: "InvalidInstanceID.NotFound",
    records: all,
    tell,
    filters: {
      "instance-id": ({ id }) => [id],
      "instance-state-name": ({ state }) => [state],
      "vpc-id": ({ vpc }) => [vpc],
      "subnet-id": ({ subnet }) => [subnet],
      "availability-zone": ({ zone }) => [zone],
      "instance-type": ({ type }) => [type],
      "private-ip-address": ({ address }) => [address],
      // On-demand instances have no lifecycle to filter by.
      "instance-lifecycle": () => [],
    },
  });
  return (query: Query): Record<string, Xml> => {
    const found = list(query)["instances"] as (Record<string, Xml> & { readonly instanceId: string })[];
    return {
      reservationSet: found.map((one) => ({
        reservationId: `r-${one.instanceId.slice(2)}`,
        ownerId: cloud.account,
        groupSet: [],
        instancesSet: [one],
      })),
    };
  };
}

/** Changes that people make with the `aws` program. */
function terminateInstances({ cloud }: World) {
  return (query: Query): Record<string, Xml> => {
    const found = query.list("InstanceId").map((id) => {
      const instance = cloud.state.instances.get(id);
      if (instance === undefined)
        throw refuse("TerminateInstances", "InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
      return instance;
    });
    return {
      instancesSet: found.map((instance) => {
        const before = instance.state;
        if (before !== "terminated") void terminate(cloud, instance);
        const state = instance.state;
        return {
          instanceId: instance.id,
          currentState: { code: STATE_CODES[state], name: state },
          previousState: { code: STATE_CODES[before], name: before },
        };
      }),
    };
  };
}

function networks({ cloud }: World) {
  const { state, account } = cloud;
  return {
    DescribeVpcs: described({
      set: "vpcSet",
      ids: "VpcId",
      missing: "InvalidVpcID.NotFound",
      records: () => state.vpcs.values(),
      tell: (one) => ({
        vpcId: one.id,
        ownerId: account,
        state: "available",
        cidrBlock: one.cidr,
        isDefault: false,
        tagSet: tagSet(one),
      }),
      filters: { "vpc-id": ({ id }) => [id] },
    }),
    DescribeSubnets: described({
      set: "subnetSet",
      ids: "SubnetId",
      missing: "InvalidSubnetID.NotFound",
      records: () => state.subnets.values(),
      tell: (one) => ({
        subnetId: one.id,
        subnetArn: one.arn,
        state: "available",
        vpcId: one.vpc,
        cidrBlock: one.cidr,
        availabilityZone: one.zone,
        mapPublicIpOnLaunch: false,
        tagSet: tagSet(one),
      }),
      filters: {
        "subnet-id": ({ id }) => [id],
        "vpc-id": ({ vpc }) => [vpc],
        "availability-zone": ({ zone }) => [zone],
      },
    }),
    DescribeRouteTables: described({
      set: "routeTableSet",
      ids: "RouteTableId",
      missing: "InvalidRouteTableID.NotFound",
      records: () => state.routeTables.values(),
      tell: (one) => ({
        routeTableId: one.id,
        vpcId: one.vpc,
        routeSet: [...one.routes].map(([destinationCidrBlock, target]) => ({
          destinationCidrBlock,
          ...target,
          state: "active",
        })),
        tagSet: tagSet(one),
      }),
      filters: { "route-table-id": ({ id }) => [id], "vpc-id": ({ vpc }) => [vpc] },
    }),
    DescribeInternetGateways: described({
      set: "internetGatewaySet",
      ids: "InternetGatewayId",
      missing: "InvalidInternetGatewayID.NotFound",
      records: () => state.gateways.values(),
      tell: (one) => ({
        internetGatewayId: one.id,
        ownerId: account,
        attachmentSet: one.vpc === undefined ? [] : [{ vpcId: one.vpc, state: "available" }],
        tagSet: tagSet(one),
      }),
      filters: { "internet-gateway-id": ({ id }) => [id], "attachment.vpc-id": ({ vpc }) => [vpc] },
    }),
    DescribeNatGateways: described({
      set: "natGatewaySet",
      ids: "NatGatewayId",
      missing: "NatGatewayNotFound",
      records: () => state.natGateways.values(),
      tell: (one) => ({
        natGatewayId: one.id,
        vpcId: one.vpc,
        subnetId: one.subnet,
        state: one.state,
        natGatewayAddressSet: [
          { allocationId: one.allocation, publicIp: one.publicAddress, privateIp: one.privateAddress },
        ],
        tagSet: tagSet(one),
      }),
      filters: {
        "nat-gateway-id": ({ id }) => [id],
        "vpc-id": ({ vpc }) => [vpc],
        "subnet-id": ({ subnet }) => [subnet],
        state: (one) => [one.state],
      },
    }),
    DescribeVpcEndpoints: described({
      set: "vpcEndpointSet",
      ids: "VpcEndpointId",
      missing: "InvalidVpcEndpointId.NotFound",
      records: () => state.endpoints.values(),
      tell: (one) => ({
        vpcEndpointId: one.id,
        vpcId: one.vpc,
        serviceName: one.service,
        state: "available",
        tagSet: tagSet(one),
      }),
      filters: { "vpc-endpoint-id": ({ id }) => [id], "vpc-id": ({ vpc }) => [vpc] },
    }),
    DescribeFlowLogs: described({
      set: "flowLogSet",
      ids: "FlowLogId",
      missing: "InvalidFlowLogId.NotFound",
      records: () => state.flowLogs.values(),
      tell: (one) => ({ flowLogId: one.id, resourceId: one.vpc, flowLogStatus: "ACTIVE", tagSet: tagSet(one) }),
      filters: { "flow-log-id": ({ id }) => [id], "resource-id": ({ vpc }) => [vpc] },
    }),
  };
}

function groups({ cloud }: World) {
  const { state, account } = cloud;
  return {
    DescribeAddresses: described({
      set: "addressesSet",
      ids: "AllocationId",
      missing: "InvalidAllocationID.NotFound",
      records: () => state.addresses.values(),
      tell: (one) => ({
        publicIp: one.publicAddress,
        allocationId: one.id,
        domain: "vpc",
        instanceId: one.instance,
        associationId: one.association,
        tagSet: tagSet(one),
      }),
      filters: {
        "allocation-id": ({ id }) => [id],
        "public-ip": ({ publicAddress }) => [publicAddress],
        "instance-id": ({ instance }) => [instance],
      },
    }),
    DescribeSecurityGroups: described({
      set: "securityGroupInfo",
      ids: "GroupId",
      missing: "InvalidGroup.NotFound",
      records: () => state.groups.values(),
      tell: (one) => ({
        groupId: one.id,
        groupName: one.name,
        groupDescription: one.description,
        ownerId: account,
        vpcId: one.vpc,
        ipPermissions: [],
        ipPermissionsEgress: [],
        tagSet: tagSet(one),
      }),
      filters: { "group-id": ({ id }) => [id], "vpc-id": ({ vpc }) => [vpc], "group-name": ({ name }) => [name] },
    }),
    DescribeSecurityGroupRules: described({
      set: "securityGroupRuleSet",
      ids: "SecurityGroupRuleId",
      missing: "InvalidSecurityGroupRuleId.NotFound",
      records: () => state.rules.values(),
      tell: (one) => ({
        securityGroupRuleId: one.id,
        groupId: one.group,
        isEgress: one.direction === "out",
        ipProtocol: one.protocol,
        fromPort: one.ports?.[0] ?? -1,
        toPort: one.ports?.[1] ?? -1,
        cidrIpv4: one.cidr,
        prefixListId: one.prefixList,
        referencedGroupInfo: one.reference === undefined ? undefined : { groupId: one.reference },
        tagSet: tagSet(one),
      }),
      filters: { "security-group-rule-id": ({ id }) => [id], "group-id": ({ group }) => [group] },
    }),
    // No volumes or interfaces of their own: each goes with its instance.
    DescribeVolumes: described<Kept>({
      set: "volumeSet",
      ids: "VolumeId",
      missing: "InvalidVolume.NotFound",
      records: () => [],
      tell: () => ({}),
      filters: { "volume-id": ({ id }) => [id] },
    }),
    DescribeNetworkInterfaces: described<Kept>({
      set: "networkInterfaceSet",
      ids: "NetworkInterfaceId",
      missing: "InvalidNetworkInterfaceID.NotFound",
      records: () => [],
      tell: () => ({}),
      filters: { "network-interface-id": ({ id }) => [id], "vpc-id": () => [] },
    }),
  };
}

function account({ cloud }: World) {
  return {
    DescribeInstanceTypes: (query: Query): Record<string, Xml> => ({
      instanceTypeSet: query.list("InstanceType").map((type) => ({
        instanceType: type,
        currentGeneration: true,
        vCpuInfo: { defaultVCpus: vcpus(type) },
      })),
    }),
    DescribeInstanceTypeOfferings: (query: Query): Record<string, Xml> => {
      const types = query.filters().flatMap(({ name, values }) => {
        if (name !== "instance-type")
          throw refuse(query.action, "InvalidParameterValue", `The filter '${name}' is invalid`);
        return values;
      });
      const pairs = types.flatMap((type) => cloud.zones.map((zone) => ({ instanceType: type, location: zone })));
      const offered = pairs.filter(
        ({ instanceType, location }) => !cloud.faults.notOffered.has(`${instanceType} ${location}`),
      );
      return { instanceTypeOfferingSet: offered.map((one) => ({ ...one, locationType: "availability-zone" })) };
    },
    DescribeAvailabilityZones: (): Record<string, Xml> => ({
      availabilityZoneInfo: cloud.zones.map((zone) => ({
        zoneName: zone,
        zoneState: "available",
        regionName: cloud.region,
      })),
    }),
    DescribeAccountAttributes: (query: Query): Record<string, Xml> => {
      const values: Readonly<Record<string, string | number>> = {
        "vpc-max-elastic-ips": cloud.quotas["L-0263D0A3"],
        "vpc-max-security-groups-per-interface": cloud.quotas["L-2AFB9258"],
        "supported-platforms": "VPC",
        "default-vpc": "none",
      };
      const asked = query.list("AttributeName");
      return {
        accountAttributeSet: Object.entries(values)
          .filter(([name]) => asked.length === 0 || asked.includes(name))
          .map(([attributeName, attributeValue]) => ({ attributeName, attributeValueSet: [{ attributeValue }] })),
      };
    },
  };
}

/** Answers EC2's operations. In another region than the world's there is nothing. */
export function ec2Api(world: World): (body: string, region: string) => Reply {
  const operations: Readonly<Record<string, (query: Query) => Record<string, Xml>>> = {
    DescribeInstances: instances(world),
    TerminateInstances: terminateInstances(world),
    ...networks(world),
    ...groups(world),
    ...account(world),
  };
  return (body, region) => {
    const query = new Query(body);
    const { action } = query;
    const operation = operations[action];
    if (operation === undefined)
      throw refuse(action, "InvalidAction", `The action ${action} is not valid for this web service.`);
    const answer = region === world.cloud.region ? operation(query) : emptied(operation, query);
    const text = Object.entries({ requestId: randomUUID(), ...answer })
      .map(([name, value]) => xml(name, value, "item"))
      .join("");
    return xmlReply(`<${action}Response xmlns="${NAMESPACE}">${text}</${action}Response>`);
  };
}

function emptied(operation: (query: Query) => Record<string, Xml>, query: Query): Record<string, Xml> {
  return Object.fromEntries(Object.keys(operation(query)).map((name) => [name, []]));
}

/** EC2's form of an error. */
export function ec2Error({ code, text, status }: AwsError): Reply {
  const error = xml("Error", { Code: code, Message: text }, "item");
  return xmlReply(`<Response><Errors>${error}</Errors><RequestID>${randomUUID()}</RequestID></Response>`, status);
}
