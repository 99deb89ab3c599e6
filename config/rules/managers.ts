import { majority, tolerance } from "../../plan/quorum";
import { spread } from "../../plan/placement";
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
  return [...countProblems(count), ...placementProblems(count, known)];
}

function countProblems(count: number): Problem[] {
  if (MANAGER_COUNTS.includes(count)) return [];
  const reason =
    count > 7
      ? "use at most 7 managers: more make every change slower; add workers instead"
      : `use ${count - 1} or ${count + 1}: ${count} managers survive no more failures than ${count - 1}`;
  const key = ["managers", "count"];
  return [{ key: keyText(key), got: valueText(count), allowed: describeKey(key).allowed ?? "", fix: reason }];
}

function placementProblems(count: number, known: Known): Problem[] {
  const own = known.managers?.zones;
  const zones = [...new Set(own ?? known.zones)];
  if (count < 3 || zones.length === 0) return [];
  const key = own === undefined ? keyText(["zones"]) : keyText(["managers", "zones"]);
  if (zones.length < ZONES_FOR_FAULT_TOLERANCE) {
    return [
      {
        key,
        got: valueText(own ?? known.zones),
        allowed: `at least ${ZONES_FOR_FAULT_TOLERANCE} different zones for ${count} managers, so that no zone holds the majority of ${majority(count)}`,
        fix: `list ${ZONES_FOR_FAULT_TOLERANCE} zones, or set swarm-ha:managers to { count: 1 }, without fault tolerance`,
      },
    ];
  }
  if (!MANAGER_COUNTS.includes(count)) return [];
  // Round robin over three or more zones never gets here. This check makes the guarantee independent of the placement.
  return [...spread(count, zones)]
    .filter(([, inZone]) => inZone > tolerance(count))
    .map(([zone, inZone]) => ({
      key,
      got: `${inZone} of ${count} managers in ${zone}`,
      allowed: `at most ${tolerance(count)} in one zone, so that the majority of ${majority(count)} survives its loss`,
      fix: "spread the managers over more zones",
    }));
}
