/** What names resolve to: inside a VPC, and for the workstation. */
import type { Cloud } from "./cloud";
import { plainName, type Zone } from "./route53";
import { bucketOfHost } from "./s3-request";

/** Addresses of a load balancer's name: public ones where it faces the internet, inside the VPC as well. */
function balancer(cloud: Cloud, name: string): readonly string[] | undefined {
  const found = [...cloud.state.balancers.values()].find(
    ({ dnsName, state }) => plainName(dnsName) === name && state !== "deleting",
  );
  return found?.interfaces.map(({ address, publicAddress }) => publicAddress ?? address);
}

const covers = (zone: Zone, name: string): boolean => name === zone.name || name.endsWith(`.${zone.name}`);

/** The most specific zone among some that a name is in. */
function zoneOf(zones: readonly Zone[], name: string): Zone | undefined {
  return zones.filter((zone) => covers(zone, name)).sort((a, b) => b.name.length - a.name.length)[0];
}

/** A record, or the wildcard above it; undefined where the zone has neither. */
function inZone(cloud: Cloud, zone: Zone, name: string): readonly string[] | undefined {
  const labels = name.split(".");
  const wildcards = labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join(".")}`);
  for (const candidate of [name, ...wildcards]) {
    const record = zone.records.get(`${candidate} A`);
    if (record !== undefined)
      return record.alias === undefined ? record.values : balancer(cloud, plainName(record.alias));
  }
  return undefined;
}

/** Services of AWS that are simulated for hosts. */
export function isService(cloud: Cloud, name: string): boolean {
  return name === `ssm.${cloud.region}.amazonaws.com` || bucketOfHost(name, cloud.region) !== undefined;
}

/** Addresses of a name on the internet. */
export function resolvePublic(cloud: Cloud, mirrors: readonly string[], text: string): readonly string[] | undefined {
  const name = plainName(text);
  const zone = zoneOf(
    [...cloud.state.zones.values()].filter(({ vpcs }) => vpcs === undefined),
    name,
  );
  if (zone !== undefined) return inZone(cloud, zone, name);
  if (isService(cloud, name) || mirrors.includes(name)) return [cloud.substrate.servicesAddress];
  return balancer(cloud, name);
}

/** `ip-10-0-0-1.<region>.compute.internal`, as the VPC's own resolver has it. */
function hostName(cloud: Cloud, vpc: string, name: string): readonly string[] | undefined {
  const found = [...cloud.state.instances.values()].find(
    (one) =>
      one.vpc === vpc &&
      one.state !== "terminated" &&
      name === `ip-${one.address.replaceAll(".", "-")}.${cloud.region}.compute.internal`,
  );
  return found && [found.address];
}

/**
 * Addresses of a name inside a VPC: private zones first, and a name that such a zone covers is asked nowhere else.
 * Source: docs.aws.amazon.com, Route 53, "Considerations when working with a private hosted zone".
 */
export function resolveInside(
  cloud: Cloud,
  mirrors: readonly string[],
  vpcId: string,
  text: string,
): readonly string[] | undefined {
  const name = plainName(text);
  const vpc = cloud.state.vpcs.get(vpcId);
  if (vpc?.support !== true) return undefined;
  const zone = zoneOf(
    [...cloud.state.zones.values()].filter(({ vpcs }) => vpcs?.includes(vpcId) === true),
    name,
  );
  // Private zones need both of the VPC's attributes.
  if (zone !== undefined && vpc.hostnames) return inZone(cloud, zone, name);
  return hostName(cloud, vpcId, name) ?? resolvePublic(cloud, mirrors, name);
}
