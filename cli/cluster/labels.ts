import { LABELS, LABEL_PREFIX } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";

/** A host's node labels in a healthy cluster. */
export function desiredLabels(node: DesiredNode): Record<string, string> {
  return {
    [LABELS.role]: node.role,
    [LABELS.zone]: node.zone,
    [LABELS.pool]: node.pool,
    [LABELS.identity]: node.identity,
  };
}

/** A host's availability in a healthy cluster: no task runs on a manager. */
export function desiredAvailability(node: DesiredNode): "active" | "drain" {
  return node.role === "manager" ? "drain" : "active";
}

/** Labels of `wanted` that are missing in `found` or have another value there. */
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
