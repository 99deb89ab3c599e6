import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** A certificate that is due from its first day on would be reissued by every `up`. */
export function certificateProblems({ certificates = {} }: Known): Problem[] {
  const { renewalDays, serverDays, personDays } = certificates;
  const validities = [serverDays, personDays].filter((days) => days !== undefined);
  if (renewalDays === undefined || validities.length === 0) return [];
  const shortest = Math.min(...validities);
  if (renewalDays < shortest) return [];
  return [
    {
      key: keyText(["certificates", "renewalDays"]),
      got: valueText(renewalDays),
      allowed: `less than the shortest validity of a certificate, ${shortest} days`,
      fix:
        shortest === 1
          ? "make certificates valid for at least 2 days"
          : `write renewalDays: ${Math.max(1, Math.floor(shortest / 3))}, a third of that validity, or make certificates valid for longer`,
    },
  ];
}
