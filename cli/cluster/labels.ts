import { LABELS, LABEL_PREFIX } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";

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

/** Node labels that people have set: all but the program's own. */
export function userLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith(LABEL_PREFIX)));
}
