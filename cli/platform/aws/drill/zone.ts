/** The loss of a zone: its instances are terminated with AWS's API, and Pulumi isn't told. */
import { LABELS } from "../../../../plan/labels";
import { z } from "zod";
import { askAws, callAws, type AwsCall } from "../ask";
import { instancesAnswer, tagsField } from "../instances";
import { stackFilter } from "../stack-name";
import { UserError } from "../../../terminal/errors";

const instancesSchema = instancesAnswer({
  InstanceId: z.string(),
  Placement: z.object({ AvailabilityZone: z.string() }),
  Tags: tagsField,
});

/** Lists the running instances of a stack. */
function zoneCall(stack: string, region: string): AwsCall {
  const options = ["--filters", stackFilter(stack), "Name=instance-state-name,Values=running"];
  return { operation: ["ec2", "describe-instances"], region, options };
}

/** The instances of one zone, which isn't the bastion's: that is replaced in a step of its own. Pure. */
export function instancesOfZone(answer: z.infer<typeof instancesSchema>): { zone: string; ids: string[] } {
  const all = answer.Reservations.flatMap(({ Instances }) => Instances);
  const tag = (tags: (typeof all)[number]["Tags"], key: string): string =>
    tags.find(({ Key }) => Key === key)?.Value ?? "";
  const zoneOf = ({ Placement }: (typeof all)[number]): string => Placement.AvailabilityZone;
  const bastion = all.filter(({ Tags }) => tag(Tags, LABELS.host) === "bastion").map(zoneOf);
  const zones = [...new Set(all.map(zoneOf))].filter((zone) => !bastion.includes(zone)).sort();
  const zone = zones.at(-1) ?? "";
  return { zone, ids: all.filter((one) => zone !== "" && zoneOf(one) === zone).map(({ InstanceId }) => InstanceId) };
}

/**
 * Terminates them, and waits until they are, or the signal.
 *
 * @returns the zone
 * @throws UserError where all instances are in the bastion's zone
 */
export async function terminateZone(stack: string, region: string, signal: AbortSignal): Promise<string> {
  const { zone, ids } = instancesOfZone(await askAws(zoneCall(stack, region), instancesSchema));
  if (ids.length === 0) throw new UserError(`The stack ${stack} has no instance outside of its bastion's zone.`);
  const options = ["--instance-ids", ...ids];
  await callAws({ operation: ["ec2", "terminate-instances"], region, options });
  await waitUntilTerminated(region, options, signal);
  return zone;
}

/** Not with `aws ec2 wait`: it can't be interrupted. */
async function waitUntilTerminated(region: string, options: readonly string[], signal: AbortSignal): Promise<void> {
  const answer = z.object({
    Reservations: z.array(z.object({ Instances: z.array(z.object({ State: z.object({ Name: z.string() }) })) })),
  });
  for (;;) {
    const found = await askAws({ operation: ["ec2", "describe-instances"], region, options }, answer);
    const states = found.Reservations.flatMap(({ Instances }) => Instances.map(({ State }) => State.Name));
    if (states.every((state) => state === "terminated")) return;
    if (signal.aborted) throw new UserError(`Not all instances are terminated yet: ${states.join(", ")}.`);
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
}
