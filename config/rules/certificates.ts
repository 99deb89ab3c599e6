import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** A certificate that is due from its first day on would be issued anew by every `up`. */
export function certificateProblems({ certificates = {} }: Known): Problem[] {
  const { renewalDays, serverDays, personDays } = certificates;
  const lives = [serverDays, personDays].filter((days) => days !== undefined);
  if (renewalDays === undefined || lives.length === 0) return [];
  const shortest = Math.min(...lives);
  if (renewalDays < shortest) return [];
  return [
    {
      key: keyText(["certificates", "renewalDays"]),
      got: valueText(renewalDays),
      allowed: `less than the shortest life of a certificate, ${shortest} days`,
      fix:
        shortest === 1
          ? "let certificates live for 2 days at least"
          : `write renewalDays: ${Math.max(1, Math.floor(shortest / 3))}, a third of that life, or let certificates live longer`,
    },
  ];
}
