/** Roles of a stack: the tagging API doesn't list roles at all (its API reference, "GetResources"), so IAM is asked. */
import { LABELS } from "../../../../plan/labels";
import { z } from "zod";
import { AwsError, askAws } from "../ask";
import { GLOBAL_REGION, type TaggedResource } from "./find";

/** Names that the program gives to its roles and instance profiles: components/platform/aws, roles.ts and flow-logs.ts. */
const OURS = /^(?:role|profile|flow-logs)-/;

/** Most of that kind that are looked at; a stack has nine. */
const MOST = 500;

const tagged = z.object({ Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]) });
const foundSchema = z.union([
  z.object({ Role: tagged }).transform(({ Role }) => Role.Tags),
  z.object({ InstanceProfile: tagged }).transform(({ InstanceProfile }) => InstanceProfile.Tags),
]);
const rolesSchema = z.object({ Roles: z.array(z.object({ RoleName: z.string(), Arn: z.string() })) });
const profilesSchema = z.object({
  InstanceProfiles: z.array(z.object({ InstanceProfileName: z.string(), Arn: z.string() })),
});

/** Roles and instance profiles with a stack's tag. */
export async function rolesOf(stack: string): Promise<TaggedResource[]> {
  const region = GLOBAL_REGION;
  const [{ Roles: roles }, { InstanceProfiles: profiles }] = await Promise.all([
    askAws({ operation: ["iam", "list-roles"], region }, rolesSchema),
    askAws({ operation: ["iam", "list-instance-profiles"], region }, profilesSchema),
  ]);
  const candidates = [
    ...roles.map(({ RoleName: name, Arn: arn }) => ({ name, arn, kind: "role" })),
    ...profiles.map(({ InstanceProfileName: name, Arn: arn }) => ({ name, arn, kind: "instance-profile" })),
  ].filter(({ name }) => OURS.test(name));
  const found = await Promise.all(
    candidates.slice(0, MOST).map(async ({ name, arn, kind }) => {
      const tags = await tagsOf(kind, name);
      return tags.some(({ Key, Value }) => Key === LABELS.stack && Value === stack)
        ? [{ arn, name: tags.find(({ Key }) => Key === "Name")?.Value ?? "" }]
        : [];
    }),
  );
  return found.flat();
}

/** Lists leave tags out. One that was deleted meanwhile has none. */
async function tagsOf(kind: string, name: string): Promise<z.infer<typeof foundSchema>> {
  try {
    return await askAws(
      { operation: ["iam", `get-${kind}`], region: GLOBAL_REGION, options: [`--${kind}-name`, name] },
      foundSchema,
    );
  } catch (error) {
    if (error instanceof AwsError && error.code === "NoSuchEntity") return [];
    throw error;
  }
}
