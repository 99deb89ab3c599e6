import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type PathPart, type Problem } from "../problem";
import { didYouMean } from "../suggest";

/** Zones are listed once each, and tiers and pools name only zones of the stack. */
export function zoneProblems(known: Known): Problem[] {
  const lists: [PathPart[], readonly string[] | undefined][] = [
    [["managers", "zones"], known.managers?.zones],
    [["registry", "zones"], known.registry?.zones],
    ...Object.entries(known.workers ?? {}).map(([pool, { zones }]): [PathPart[], readonly string[] | undefined] => [
      ["workers", pool, "zones"],
      zones,
    ]),
  ];
  return [
    ...duplicates(["zones"], known.zones ?? []),
    ...lists.flatMap(([path, zones = []]) => [...duplicates(path, zones), ...unknownZones(path, zones, known.zones)]),
  ];
}

function duplicates(path: readonly PathPart[], zones: readonly string[]): Problem[] {
  const again = zones.flatMap((zone, i) => (zones.indexOf(zone) < i ? [{ zone, i }] : []));
  return again.map(({ zone, i }) => ({
    key: keyText([...path, i]),
    got: valueText(zone),
    allowed: describeKey(path).allowed ?? "",
    fix: `remove the second '${zone}'`,
  }));
}

function unknownZones(
  path: readonly PathPart[],
  zones: readonly string[],
  all: readonly string[] | undefined,
): Problem[] {
  if (all === undefined) return [];
  return zones.flatMap((zone, i) => {
    if (all.includes(zone)) return [];
    const fix = didYouMean(zone, all) ?? `use one of them, or add '${zone}' to ${keyText(["zones"])}`;
    return [{ key: keyText([...path, i]), got: valueText(zone), allowed: `one of ${all.join(", ")}`, fix }];
  });
}
