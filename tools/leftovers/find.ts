import { z } from "zod";

/** What `aws resourcegroupstaggingapi get-resources` prints, as far as it is read here. */
const answerSchema = z.object({
  ResourceTagMappingList: z.array(
    z.object({ ResourceARN: z.string(), Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional() }),
  ),
});

/** Something in the cloud that carries a stack's tag. */
export interface Leftover {
  readonly arn: string;
  /** Name in the stack, from its tags; empty without. */
  readonly name: string;
}

/**
 * Arguments of the `aws` program that list everything with a stack's tag, in one region.
 *
 * @throws Error for what is no stack name: it would become a part of the question
 */
export function question(stack: string): string[] {
  const filter = `Key=swarm-ha.stack,Values=${stackName(stack)}`;
  return ["resourcegroupstaggingapi", "get-resources", "--tag-filters", filter, "--output", "json"];
}

/** A stack's name, which becomes a part of a question. @throws Error for what is none */
export function stackName(stack: string): string {
  if (!/^[A-Za-z0-9_.-]+$/.test(stack)) throw new Error(`${JSON.stringify(stack)} is no stack name`);
  return stack;
}

/** What is left, in the order of ARNs. Instances that have been terminated keep their tags for an hour: ask for those alone. */
export function leftoversIn(answer: string, terminated: ReadonlySet<string> = new Set()): Leftover[] {
  const { ResourceTagMappingList: found } = answerSchema.parse(JSON.parse(answer));
  return found
    .filter(({ ResourceARN: arn }) => !terminated.has(arn.split("/").pop() ?? ""))
    .map(({ ResourceARN: arn, Tags: tags = [] }) => ({
      arn,
      name: tags.find(({ Key }) => Key === "swarm-ha.host" || Key === "Name")?.Value ?? "",
    }))
    .sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

/** Ids of the instances among ARNs. */
export function instancesIn(leftovers: readonly Leftover[]): string[] {
  return leftovers.flatMap(({ arn }) => /:instance\/(i-[0-9a-f]+)$/.exec(arn)?.[1] ?? []);
}
