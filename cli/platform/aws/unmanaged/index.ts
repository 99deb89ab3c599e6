import { askAws } from "../ask";
import type { UnmanagedResource } from "../../types";
import { confirm } from "./confirm";
import { byArn, GLOBAL_REGION, isGlobal, taggedCall, taggedIn, taggedSchema, type TaggedResource } from "./find";
import { rolesOf } from "./roles";

/** All that a stack still has on AWS, in the order of ARNs. */
export async function unmanagedOf(stack: string, region: string): Promise<UnmanagedResource[]> {
  const [here, everywhere, roles] = await Promise.all([
    tagged(stack, region),
    tagged(stack, GLOBAL_REGION),
    rolesOf(stack),
  ]);
  const all = new Map([...here, ...everywhere.filter(isGlobal), ...roles].map((one) => [one.arn, one]));
  const left = (await confirm([...all.values()], region)).sort(byArn);
  return left.map(({ arn, ...rest }) => ({ id: arn, ...rest }));
}

async function tagged(stack: string, region: string): Promise<TaggedResource[]> {
  return taggedIn(await askAws(taggedCall(stack, region), taggedSchema));
}
