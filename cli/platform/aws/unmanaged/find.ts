import { LABELS } from "../../../../plan/labels";
import { z } from "zod";
import type { AwsCall } from "../ask";
import { stackName } from "../stack-name";

/** What `aws resourcegroupstaggingapi get-resources` prints, as far as it is read here. */
export const taggedSchema = z.object({
  ResourceTagMappingList: z.array(
    z.object({ ResourceARN: z.string(), Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional() }),
  ),
});

/** Something in the cloud that carries a stack's tag. */
export interface TaggedResource {
  readonly arn: string;
  /** Name in the stack, from its tags; empty without. */
  readonly name: string;
  /** Why its service couldn't confirm that it is still there. @default it did */
  readonly unconfirmed?: string;
}

/** Where the tagging API tells of resources that belong to no region: Route 53's zones, instance profiles. */
export const GLOBAL_REGION = "us-east-1";

/** Lists everything with a stack's tag in one region. @throws Error for what is no stack name */
export function taggedCall(stack: string, region: string): AwsCall {
  return {
    operation: ["resourcegroupstaggingapi", "get-resources"],
    region,
    options: ["--tag-filters", `Key=${LABELS.stack},Values=${stackName(stack)}`],
  };
}

/** What is tagged, in the order of ARNs. */
export function taggedIn(answer: z.infer<typeof taggedSchema>): TaggedResource[] {
  return answer.ResourceTagMappingList.map(({ ResourceARN: arn, Tags: tags = [] }) => ({
    arn,
    name: tags.find(({ Key }) => Key === LABELS.host || Key === "Name")?.Value ?? "",
  })).sort(byArn);
}

/** Whether a resource belongs to no region. (The ARN of a bucket names none, either, but a bucket has one.) */
export function isGlobal({ arn }: Pick<TaggedResource, "arn">): boolean {
  const [, , service = ""] = arn.split(":");
  return service === "iam" || service === "route53";
}

/** Order of a list of resources. */
export function byArn(a: TaggedResource, b: TaggedResource): number {
  return a.arn < b.arn ? -1 : a.arn > b.arn ? 1 : 0;
}
