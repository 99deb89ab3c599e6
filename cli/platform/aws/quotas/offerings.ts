/** Instance types that zones don't offer. */
import { z } from "zod";
import type { AwsStackConfig } from "../../../../config/platforms/aws";
import { shapeOf, tierShape } from "../../../../components/platform/aws/instance-shape";
import { planHosts } from "../../../../plan/placement";
import { askAws, type AwsCall } from "../ask";
import { list } from "../../../cluster/words";
import { namesIn } from "../exported-state";

/** An instance that the stack needs, and where. */
export interface Wanted {
  readonly name: string;
  readonly type: string;
  readonly zone: string;
}

/** What a region's zones offer: `<type> <zone>`. */
export type Offered = ReadonlySet<string>;

/** What `aws ec2 describe-instance-type-offerings` prints. */
const answer = z.object({
  InstanceTypeOfferings: z.array(z.object({ InstanceType: z.string(), Location: z.string() })),
});

/** The instances that the stack's state doesn't have yet. Pure. @param state What `pulumi stack export` prints */
export function wantedOf(config: AwsStackConfig, state: string | undefined): Wanted[] {
  const { aws, zones } = config;
  const known = state === undefined ? new Set<string>() : namesIn(state, "aws:ec2/instance:Instance");
  const bastion = { name: "bastion", type: tierShape(config, "bastion").instanceType };
  const hosts = planHosts(config).map((host) => ({
    name: host.name,
    type: shapeOf(config, host).instanceType,
    zone: host.zone,
  }));
  return [{ ...bastion, zone: aws.bastion.zone ?? zones[0] ?? "" }, ...hosts].filter(({ name }) => !known.has(name));
}

/** The call that asks for the offerings of these types, in all zones of the region. */
export function offeringsCall(types: readonly string[], region: string): AwsCall {
  const filter = `Name=instance-type,Values=${[...new Set(types)].sort().join(",")}`;
  return {
    operation: ["ec2", "describe-instance-type-offerings"],
    region,
    options: ["--location-type", "availability-zone", "--filters", filter],
  };
}

/** Asks AWS. @throws UserError when it can't be asked */
export async function offeredOf(types: readonly string[], region: string): Promise<Offered> {
  const { InstanceTypeOfferings: found } = await askAws(offeringsCall(types, region), answer);
  return new Set(found.map(({ InstanceType, Location }) => `${InstanceType} ${Location}`));
}

/** What to do about instances whose zone doesn't offer their type; undefined where there are none. Pure. */
export function describeMissing(stack: string, wanted: readonly Wanted[], offered: Offered): string | undefined {
  const missing = wanted.filter(({ type, zone }) => !offered.has(`${type} ${zone}`));
  if (missing.length === 0) return undefined;
  const pairs = [...new Set(missing.map(({ type, zone }) => `${type} ${zone}`))];
  const lines = pairs.map((pair) => {
    const [type = "", zone = ""] = pair.split(" ");
    const hosts = missing.filter((one) => one.type === type && one.zone === zone).map(({ name }) => name);
    const elsewhere = [...offered].flatMap((one) => (one.startsWith(`${type} `) ? [one.slice(type.length + 1)] : []));
    const where = elsewhere.length === 0 ? "no zone of the region offers it" : `offered in ${list(elsewhere.sort())}`;
    return `  ${type} in ${zone}, for ${list(hosts)}: ${where}`;
  });
  return (
    `AWS doesn't offer these instance types in these zones of the stack ${stack}:\n\n${lines.join("\n")}\n\n` +
    "Choose other zones (swarm-ha:zones) or another instance type (swarm-ha:aws.hosts, swarm-ha:workers)."
  );
}
