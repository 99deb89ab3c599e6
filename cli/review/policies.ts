import { RULES } from "../../policy/rules";
import type { Preview } from "./preview";

/** A rule of the policy pack that the stack breaks once it is up. */
export interface BrokenPolicy {
  /** The rule's name. */
  readonly name: string;
  /** What is wrong, and of what. */
  readonly reason: string;
}

/**
 * Holds a preview against the rules of the policy pack. `preview --json` leaves out what the pack itself says
 * (pulumi/pulumi pkg/backend/display/json.go), so a reviewer would see no more than that it failed.
 *
 * The rules are for stacks in the cloud.
 */
export function reviewPolicies({ config, changes }: Preview): BrokenPolicy[] {
  if (config["swarm-ha:platform"] !== "aws") return [];
  const planned = changes.flatMap(({ after }) => after ?? []);
  return RULES.flatMap(({ name, check }) =>
    check(planned).map(({ resource, message }) => ({
      name,
      reason: resource === "" ? message : `${resource}: ${message}`,
    })),
  );
}
