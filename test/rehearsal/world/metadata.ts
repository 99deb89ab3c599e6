/**
 * The metadata service's tree. Source: docs.aws.amazon.com, EC2, "Instance metadata categories"; cloud-init,
 * sources/DataSourceEc2.py and sources/helpers/ec2.py, for what its first boot asks.
 */
import type { Cloud } from "./cloud";
import type { Credentials } from "./credentials";
import type { Instance } from "./instances";

/** A folder; an undefined entry isn't there. */
interface Folder {
  readonly [name: string]: Folder | string | undefined;
}

/** Versions that the service answers under; cloud-init takes the first of its list. */
const VERSIONS = ["2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest"];

/** MAC address of an instance: Docker's form of its private address. */
export function macOf(address: string): string {
  const octets = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["02", "42", ...octets].join(":");
}

function credentialsText(cloud: Cloud, credentials: Credentials, instance: Instance, role: string): string {
  const key = credentials.ofInstance(instance, role);
  return JSON.stringify(
    {
      Code: "Success",
      LastUpdated: new Date(cloud.clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
      Type: "AWS-HMAC",
      AccessKeyId: key.id,
      SecretAccessKey: key.secret,
      Token: key.token,
      Expiration: new Date(key.expires ?? 0).toISOString().replace(/\.\d+Z$/, "Z"),
    },
    undefined,
    2,
  );
}

function iam(cloud: Cloud, credentials: Credentials, instance: Instance): Folder | undefined {
  const role = credentials.roleOf(instance);
  const profile = [...cloud.state.profiles.values()].find(({ name }) => name === instance.profile);
  if (role === undefined || profile === undefined) return undefined;
  const info = { Code: "Success", InstanceProfileArn: profile.arn, InstanceProfileId: profile.uniqueId };
  return {
    info: JSON.stringify(info, undefined, 2),
    "security-credentials": { [role]: credentialsText(cloud, credentials, instance, role) },
  };
}

function metaData(cloud: Cloud, credentials: Credentials, instance: Instance): Folder {
  const { vpcs, subnets, groups, addresses } = cloud.state;
  const host = `ip-${instance.address.replaceAll(".", "-")}.${cloud.region}.compute.internal`;
  const mac = macOf(instance.address);
  const publicAddress = [...addresses.values()].find((one) => one.instance === instance.id)?.publicAddress;
  const vpc = vpcs.get(instance.vpc);
  const names = instance.groups.map((id) => groups.get(id)?.name ?? "").join("\n");
  return {
    "ami-id": instance.image,
    "ami-launch-index": "0",
    hostname: host,
    iam: iam(cloud, credentials, instance),
    "instance-action": "none",
    "instance-id": instance.id,
    "instance-life-cycle": "on-demand",
    "instance-type": instance.type,
    "local-hostname": host,
    "local-ipv4": instance.address,
    mac,
    network: {
      interfaces: {
        macs: {
          [mac]: {
            "device-number": "0",
            "interface-id": `eni-${instance.id.slice(2)}`,
            "local-hostname": host,
            "local-ipv4s": instance.address,
            mac,
            "owner-id": cloud.account,
            "public-ipv4s": publicAddress,
            "security-group-ids": instance.groups.join("\n"),
            "security-groups": names,
            "subnet-id": instance.subnet,
            "subnet-ipv4-cidr-block": subnets.get(instance.subnet)?.cidr,
            "vpc-id": instance.vpc,
            "vpc-ipv4-cidr-block": vpc?.cidr,
            "vpc-ipv4-cidr-blocks": vpc?.cidr,
          },
        },
      },
    },
    placement: {
      "availability-zone": instance.zone,
      "availability-zone-id": `sim-az${String(cloud.zones.indexOf(instance.zone) + 1)}`,
      region: cloud.region,
    },
    "public-ipv4": publicAddress,
    "reservation-id": `r-${instance.id.slice(2)}`,
    "security-groups": names,
    services: { domain: "amazonaws.com", partition: "aws" },
  };
}

function identity(cloud: Cloud, instance: Instance): string {
  return JSON.stringify(
    {
      accountId: cloud.account,
      architecture: instance.architecture === "amd64" ? "x86_64" : "arm64",
      availabilityZone: instance.zone,
      imageId: instance.image,
      instanceId: instance.id,
      instanceType: instance.type,
      pendingTime: new Date(instance.launched).toISOString().replace(/\.\d+Z$/, "Z"),
      privateIp: instance.address,
      region: cloud.region,
      version: "2017-09-30",
    },
    undefined,
    2,
  );
}

const listing = (folder: Folder): string =>
  Object.entries(folder)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (typeof value === "string" ? name : `${name}/`))
    .join("\n");

/** What the service answers an instance. @returns undefined for a 404 */
export function metadata(cloud: Cloud, credentials: Credentials, id: string, path: string): string | undefined {
  const instance = cloud.state.instances.get(id);
  if (instance === undefined) return undefined;
  const parts =
    path
      .split("?", 1)[0]
      ?.split("/")
      .filter((part) => part !== "") ?? [];
  const [version, ...rest] = parts;
  if (version === undefined) return VERSIONS.join("\n");
  if (!VERSIONS.includes(version)) return undefined;
  const tree: Folder = {
    dynamic: { "instance-identity": { document: identity(cloud, instance) } },
    "meta-data": metaData(cloud, credentials, instance),
    "user-data": instance.userData === "" ? undefined : instance.userData,
  };
  let at: Folder | string | undefined = tree;
  for (const part of rest) {
    if (at === undefined || typeof at === "string") return undefined;
    at = at[part];
  }
  // Of the folder of credentials AWS lists the role without a slash: it is a leaf here as well.
  return typeof at === "object" ? listing(at) : at;
}
