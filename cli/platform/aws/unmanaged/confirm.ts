import { z } from "zod";
import { AwsError, askAws, type AwsCall } from "../ask";
import { UserError } from "../../../terminal/errors";
import { arnOf, type Arn } from "./arn";
import { GLOBAL_REGION, isGlobal, type TaggedResource } from "./find";
import { confirmations } from "./kinds";

/** Asks AWS; tests answer instead. */
export type Ask = (call: AwsCall) => Promise<unknown>;

const askAnything: Ask = async (call) => askAws(call, z.unknown());

/**
 * Those of the resources that their own services still have. What can't be asked stays in the list, with the reason.
 *
 * @param region the stack's
 */
export async function confirm(
  tagged: readonly TaggedResource[],
  region: string,
  ask: Ask = askAnything,
): Promise<TaggedResource[]> {
  const kinds = new Map<string, { readonly resource: TaggedResource; readonly id: string }[]>();
  const left: TaggedResource[] = [];
  for (const resource of tagged) {
    const arn = confirmable(arnOf(resource.arn));
    if (arn === undefined) left.push({ ...resource, unconfirmed: "its ARN can't be read" });
    else {
      const kind = `${arn.service} ${arn.type}`;
      kinds.set(kind, [...(kinds.get(kind) ?? []), { resource, id: arn.id }]);
    }
  }
  const confirmed = await Promise.all(
    [...kinds].map(async ([kind, members]): Promise<TaggedResource[]> => {
      const [first] = members;
      const where = first !== undefined && isGlobal(first.resource) ? GLOBAL_REGION : region;
      const present = await stillThere(
        kind,
        members.map(({ id }) => id),
        where,
        ask,
      );
      return members.flatMap(({ resource, id }) => {
        if (typeof present === "string") return [{ ...resource, unconfirmed: present }];
        return present.has(id) ? [resource] : [];
      });
    }),
  );
  return [...left, ...confirmed.flat()];
}

/** A listener goes with its load balancer, which is asked for instead. */
function confirmable(arn: Arn | undefined): Arn | undefined {
  if (arn?.service !== "elasticloadbalancing" || arn.type !== "listener") return arn;
  return { ...arn, type: "loadbalancer", id: arn.id.split("/").slice(0, 3).join("/") };
}

/** @returns the ids that are still there, or why that can't be told */
async function stillThere(
  kind: string,
  ids: readonly string[],
  region: string,
  ask: Ask,
): Promise<ReadonlySet<string> | string> {
  const questions = confirmations(kind, [...new Set(ids)], region);
  if (questions === undefined) return `there is no way to confirm a resource of the kind ${kind}`;
  try {
    const answers = await Promise.all(
      questions.map(async ({ call, present, gone }) => {
        try {
          return present(await ask(call));
        } catch (error) {
          if (error instanceof AwsError && gone.includes(error.code)) return [];
          throw error;
        }
      }),
    );
    return new Set(answers.flat());
  } catch (error) {
    if (error instanceof UserError) return error.message;
    if (error instanceof z.ZodError) return `its service answered something unexpected: ${z.prettifyError(error)}`;
    throw error;
  }
}
