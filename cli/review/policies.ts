import { RULES } from "../../policy/rules";
import { factsOf } from "../platform/facts";
import type { Preview } from "./preview";

/** A rule of the policy pack that the stack breaks once it is up. */
export interface BrokenPolicy {
  /** The rule's name. */
  readonly name: string;
  /** What is wrong, and of what. */
  readonly reason: string;
}

/**
 * Holds a preview against the rules of the policy pack, where these are for its platform. `preview --json` leaves out what
 * the pack itself says (pulumi/pulumi pkg/backend/display/json.go), so a reviewer would see no more than that it failed.
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
