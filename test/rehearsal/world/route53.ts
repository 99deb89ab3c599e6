/** Hosted zones and records of Route 53. It isn't regional. */
import { z } from "zod";
import type { Cloud } from "./cloud";
import { refusals } from "./errors";
import { newCode } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A record; an alias to a load balancer, or addresses. */
export interface DnsRecord {
  /** Lower case, without a dot at the end. */
  readonly name: string;
  readonly type: string;
  alias?: string | undefined;
  values: readonly string[];
}

/** A hosted zone, by its id. */
export interface Zone extends Kept {
  /** Without a dot at the end. */
  readonly name: string;
  /** VPCs that see it; undefined for a public zone. */
  readonly vpcs?: readonly string[];
  /** By name and type. */
  readonly records: Map<string, DnsRecord>;
}

const refuse = refusals("Route 53");

/** A name as it is compared: lower case, without a dot at the end. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** Makes a zone. @param id @default a new one */
export function addZone(cloud: Cloud, zone: Pick<Zone, "name" | "tags"> & Partial<Pick<Zone, "id" | "vpcs">>): Zone {
  const id = zone.id ?? newCode("Z", 20);
  const made: Zone = {
    ...zone,
    id,
    arn: `arn:aws:route53:::hostedzone/${id}`,
    name: plainName(zone.name),
    records: new Map(),
  };
  cloud.state.zones.set(id, made);
  return made;
}

const zoneInputs = z.object({
  name: z.string(),
  vpcs: z.array(z.object({ vpcId: z.string() })).optional(),
});

function zoneKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (zone: Zone): Fields => ({
    arn: zone.arn,
    zoneId: zone.id,
    nameServers: ["ns-1.awsdns-01.org", "ns-2.awsdns-02.net"],
  });
  return {
    async create(fields) {
      const { name, vpcs } = zoneInputs.parse(fields);
      const operation = "CreateHostedZone";
      const ids = vpcs?.map(({ vpcId }) => vpcId);
      for (const id of ids ?? [])
        if (!state.vpcs.has(id)) throw refuse(operation, "InvalidVPCId", `The VPC ${id} does not exist.`);
      const twin = [...state.zones.values()].find(
        (one) => one.name === plainName(name) && one.vpcs?.some((vpc) => ids?.includes(vpc)),
      );
      if (twin !== undefined)
        throw refuse(
          operation,
          "ConflictingDomainExists",
          `The VPC is already associated with another hosted zone (${twin.id}) with the same domain name.`,
        );
      const zone = addZone(cloud, { name, tags: tagsOf(fields), ...(ids === undefined ? {} : { vpcs: ids }) });
      // The provider waits until the change is INSYNC.
      await clock.wait(30);
      return { id: zone.id, outputs: outputs(zone) };
    },
    read(id) {
      const zone = state.zones.get(id);
      return zone && outputs(zone);
    },
    update(id, fields) {
      const zone = state.zones.get(id);
      if (zone !== undefined) zone.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    delete(id, fields) {
      const zone = state.zones.get(id);
      if (zone === undefined) return Promise.resolve();
      if (zone.records.size > 0 && fields["forceDestroy"] !== true)
        throw refuse(
          "DeleteHostedZone",
          "HostedZoneNotEmpty",
          "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        );
      state.forget(state.zones, id);
      return Promise.resolve();
    },
  };
}

const recordInputs = z.object({
  zoneId: z.string(),
  name: z.string(),
  type: z.string(),
  ttl: z.number().optional(),
  records: z.array(z.string()).default([]),
  aliases: z.array(z.object({ name: z.string(), zoneId: z.string() })).default([]),
});

/** ChangeResourceRecordSets, CREATE and UPSERT. Source: API reference, InvalidChangeBatch. */
function setRecord(cloud: Cloud, fields: Fields, action: "CREATE" | "UPSERT"): { zone: Zone; record: DnsRecord } {
  const inputs = recordInputs.parse(fields);
  const operation = "ChangeResourceRecordSets";
  const zone = cloud.state.zones.get(inputs.zoneId);
  if (zone === undefined)
    throw refuse(operation, "NoSuchHostedZone", `No hosted zone found with ID: ${inputs.zoneId}`, 404);
  const name = plainName(inputs.name);
  const batch = (text: string) => refuse(operation, "InvalidChangeBatch", `[${text}]`);
  if (name !== zone.name && !name.endsWith(`.${zone.name}`))
    throw batch(`RRSet with DNS name ${name}. is not permitted in zone ${zone.name}.`);
  const key = `${name} ${inputs.type}`;
  if (action === "CREATE" && zone.records.has(key))
    throw batch(`Tried to create resource record set [name='${name}.', type='${inputs.type}'] but it already exists`);
  const alias = inputs.aliases[0]?.name;
  const known = [...cloud.state.balancers.values()].some(({ dnsName }) => dnsName === alias);
  if (alias !== undefined && !known)
    throw batch(
      `Tried to create an alias that targets ${alias}., type ${inputs.type} in zone ${inputs.aliases[0]?.zoneId ?? ""}, but the alias target name does not lie within the target zone`,
    );
  const record: DnsRecord = { name, type: inputs.type, alias, values: inputs.records };
  zone.records.set(key, record);
  return { zone, record };
}

function recordKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const find = (fields: Fields): DnsRecord | undefined => {
    const { zoneId, name, type } = recordInputs.parse(fields);
    return state.zones.get(zoneId)?.records.get(`${plainName(name)} ${type}`);
  };
  return {
    async create(fields) {
      const { zone, record } = setRecord(cloud, fields, "CREATE");
      await clock.wait(30);
      return { id: `${zone.id}_${record.name}_${record.type}`, outputs: { fqdn: record.name } };
    },
    read(_id, fields) {
      const record = find(fields);
      return record && { fqdn: record.name };
    },
    async update(_id, fields) {
      const { record } = setRecord(cloud, fields, "UPSERT");
      await clock.wait(30);
      return { fqdn: record.name };
    },
    async delete(_id, fields) {
      const { zoneId, name, type } = recordInputs.parse(fields);
      state.zones.get(zoneId)?.records.delete(`${plainName(name)} ${type}`);
      await clock.wait(30);
    },
  };
}

/** The kinds of this file. */
export function dnsKinds(cloud: Cloud): Kinds {
  return { "route53/zone:Zone": zoneKind(cloud), "route53/record:Record": recordKind(cloud) };
}
