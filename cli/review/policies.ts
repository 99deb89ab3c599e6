import { RULES } from "../../policy/rules";
import { factsOf } from "../platform/facts";
import type { Preview } from "./preview";

/** A rule of the policy pack that the update would break. */
export interface BrokenPolicy {
  /** The rule's name. */
  readonly name: string;
  /** What is wrong, and of what. */
  readonly reason: string;
}

/**
 * Checks a preview against the rules of the policy pack, if they apply to its platform. `preview --json` leaves out the pack's
 * own messages (pulumi/pulumi pkg/backend/display/json.go), so a reviewer would only see that it failed.
 */
export function reviewPolicies({ config, changes }: Preview): BrokenPolicy[] {
  if (factsOf({ platform: config["swarm-ha:platform"] })?.hasPolicies !== true) return [];
  const planned = changes.flatMap(({ after }) => after ?? []);
  return RULES.flatMap(({ name, check }) =>
    check(planned).map(({ resource, message }) => ({
      name,
      reason: resource === "" ? message : `${resource}: ${message}`,
    })),
  );
}
