import { LABELS } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";
import type { LiveNode } from "./model";

/** Node labels that a node has when all is well. */
export function desiredLabels(node: DesiredNode): Record<string, string> {
  return {
    [LABELS.role]: node.role,
    [LABELS.zone]: node.zone,
    [LABELS.pool]: node.pool,
    [LABELS.identity]: node.identity,
  };
}

/** Availability that a node has when all is well: no task lands on a manager. */
export function desiredAvailability(node: DesiredNode): "active" | "drain" {
  return node.role === "manager" ? "drain" : "active";
}

/** Labels of `wanted` that `found` has not, or otherwise; what it has besides is nobody's business. */
export function missingLabels(
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => found[key] !== value));
}

/**
 * Whether a node is a member of the managers' store, and so has a vote: only members have a manager status.
 *
 * Its role doesn't say it: a node that is being demoted still votes, and after `swarm init --force-new-cluster` the lost
 * managers keep their role and have no vote (measured).
 */
export function votes(node: LiveNode): boolean {
  return node.reachability !== "";
}

/** Whether a manager counts for the majority: Ready *and* Reachable. */
export function counts(node: LiveNode): boolean {
  return node.state === "ready" && node.reachability === "reachable";
}
