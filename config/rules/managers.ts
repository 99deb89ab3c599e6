import { majority, tolerance } from "../../plan/quorum";
import { hostsByZone } from "../../plan/placement";
import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";
import { MANAGER_COUNTS } from "../schema";

/** With fewer zones, one zone holds the majority of three or more managers. */
const ZONES_FOR_FAULT_TOLERANCE = 3;

/** The majority has to survive the loss of any one zone. */
export function managerProblems(known: Known): Problem[] {
  const count = known.managers?.count;
  if (count === undefined) return [];
  return [...countProblems(count, known), ...placementProblems(count, known)];
}

function countProblems(count: number, { inventory }: Known): Problem[] {
  if (MANAGER_COUNTS.includes(count)) return [];
  const reason =
    count > 7
      ? "use at most 7 managers: more make every change slower; add workers instead"
      : `use ${count - 1} or ${count + 1}: ${count} managers survive no more failures than ${count - 1}`;
  const key = ["managers", "count"];
  const { allowed = "", fix = "" } = describeKey(key);
  if (inventory === undefined) return [{ key: keyText(key), got: valueText(count), allowed, fix: reason }];
  return [
    {
      key: keyText(inventory.at.hosts),
      got: `${count} hosts with the role manager`,
      allowed,
      fix: count === 0 ? fix : reason,
    },
  ];
}

function placementProblems(count: number, known: Known): Problem[] {
  const { inventory, zones: all = [] } = known;
  const own = known.managers?.zones;
  if (count < 3 || (own ?? all).length === 0) return [];
  const byZone = hostsByZone({ zones: all, inventory: inventory?.hosts }, { pool: "manager", count, zones: own });
  const used = [...byZone].filter(([, inZone]) => inZone > 0).map(([zone]) => zone);
  const key = keyText(inventory?.at.hosts ?? (own === undefined ? ["zones"] : ["managers", "zones"]));
  if (used.length < ZONES_FOR_FAULT_TOLERANCE) {
    return [
      {
        key,
        got: inventory === undefined ? valueText(own ?? all) : `${count} managers in ${used.join(", ")}`,
        allowed: `at least ${ZONES_FOR_FAULT_TOLERANCE} different zones for ${count} managers, so that no zone holds the majority of ${majority(count)}`,
        fix:
          inventory === undefined
            ? `list ${ZONES_FOR_FAULT_TOLERANCE} zones, or set swarm-ha:managers to { count: 1 }, without fault tolerance`
            : `spread them over ${ZONES_FOR_FAULT_TOLERANCE} zones, or have 1 manager, without fault tolerance`,
      },
    ];
  }
  if (!MANAGER_COUNTS.includes(count)) return [];
  // Round robin over three or more zones never gets here; an inventory may.
  return [...byZone]
    .filter(([, inZone]) => inZone > tolerance(count))
    .map(([zone, inZone]) => ({
      key,
      got: `${inZone} of ${count} managers in ${zone}`,
      allowed: `at most ${tolerance(count)} in one zone, so that the majority of ${majority(count)} survives its loss`,
      fix: "spread the managers over more zones",
    }));
}
