/** Resources of a cloud that were changed or deleted by hand, as a preview of Pulumi's refresh shows them. */
import { z } from "zod";
import { nameOf } from "../cluster/deployment";
import { lastLines } from "../cluster/stack";
import { commands } from "../cluster/words";
import type { CliPlatformFacts } from "../platform/types";
import { runPulumi } from "../pulumi";
import type { Difference } from "./differences";

const stateSchema = z.object({
  type: z.string(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
});

/** What `pulumi refresh --preview-only --json` prints. Source: pulumi v3.245.0, pkg/display/json.go. */
const previewSchema = z.object({
  steps: z.array(
    z.object({ op: z.string(), urn: z.string(), oldState: stateSchema.nullish(), newState: stateSchema.nullish() }),
  ),
});

/** Steps that find a resource as it is in the state. */
const UNCHANGED = ["same", "refresh", "read"];

/** Asks the cloud about every resource. Changes nothing. @throws Error with what Pulumi says when it can't */
export async function cloudDifferences(stack: string, platforms: readonly CliPlatformFacts[]): Promise<Difference[]> {
  const args = ["refresh", "--preview-only", "--json", "--non-interactive", "--color", "never"];
  const { code, stdout, stderr } = await runPulumi(args, { stack, capture: true });
  if (code !== 0) throw new Error(lastLines(`${stdout.slice(0, 4000)}\n${stderr}`));
  return refreshDifferences(stack, JSON.parse(stdout), platforms);
}

/**
 * Resources that are gone, and security groups and rules that are otherwise than in the state. Other properties change by
 * themselves, and say nothing. Values aren't shown: they may be secret. Pure.
 */
export function refreshDifferences(
  stack: string,
  preview: unknown,
  platforms: readonly CliPlatformFacts[],
): Difference[] {
  const { up } = commands(stack);
  return previewSchema.parse(preview).steps.flatMap(({ op, urn, oldState, newState }): Difference[] => {
    if (UNCHANGED.includes(op) || oldState == null) return [];
    const what = `${nameOf(urn)} (${oldState.type})`;
    if (op === "delete" || newState == null) {
      const text = `${what} is in the state, and the cloud doesn't have it any more. Create it again: ${up} --refresh`;
      return [{ kind: "cloud", hosts: [], text, repair: false }];
    }
    const { type, inputs } = oldState;
    const resource = { type, urn, name: nameOf(urn), inputs: inputs ?? {}, protect: false, references: {} };
    const filters = platforms.some(
      ({ ingressRulesOf, groupsOf }) => ingressRulesOf(resource).length > 0 || groupsOf(resource).length > 0,
    );
    const changed = changedKeys(oldState.outputs ?? {}, newState.outputs ?? {});
    if (!filters || changed.length === 0) return [];
    const text =
      `${what} was changed outside Pulumi (${changed.join(", ")}): who reaches what may differ from the configuration. ` +
      `Look: ${up.replace(" up ", " refresh ")} --preview-only --diff. Set it back: ${up} --refresh`;
    return [{ kind: "cloud", hosts: [], text, repair: false }];
  });
}

function changedKeys(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).sort();
}
