import { describeKey } from "../describe";
import { parseRange } from "../ipv4";
import type { Known } from "../known";
import { keyText, valueText, type PathPart, type Problem } from "../problem";

/** Wider than this is no list of administrators any more, and 0.0.0.0/0 in two halves is the world, too. */
const WIDEST = 8;

/** Ranges are ranges, the world administers nothing, and what is public is open to somebody. */
export function accessProblems(known: Known): Problem[] {
  const { access } = known;
  if (known.platform !== "aws" || access === undefined) return [];
  return [
    ...rangeProblems(["access", "ssh"], access.ssh, WIDEST),
    ...rangeProblems(["access", "admin"], access.admin, WIDEST),
    ...rangeProblems(["access", "app"], access.app, 0),
    ...rangeProblems(["access", "egress", "ranges"], access.egress?.ranges, 0),
    ...closedDoors(known),
  ];
}

function rangeProblems(path: readonly PathPart[], ranges: readonly string[] = [], widest: number): Problem[] {
  return ranges.flatMap((text, i) => {
    const reason = refusal(text, widest);
    if (reason === undefined) return [];
    const { allowed = "" } = describeKey(path);
    const fix = `${reason}; ${describeKey([...path, i]).fix ?? ""}`;
    return [{ key: keyText([...path, i]), got: valueText(text), allowed, fix }];
  });
}

function refusal(text: string, widest: number): string | undefined {
  try {
    const { prefix } = parseRange(text);
    return prefix < widest ? "it lets half the world in; name the networks that your people come from" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Doors that nobody may go through. */
function closedDoors({ access, aws }: Known): Problem[] {
  const closed = (name: "ssh" | "admin" | "app", why: string): Problem[] =>
    access?.[name]?.length === 0
      ? [
          {
            key: keyText(["access", name]),
            got: "[]",
            allowed: `at least one range while ${why}`,
            fix: "write the ranges that may come in, such as [203.0.113.0/24]",
          },
        ]
      : [];
  const open = aws?.loadBalancers;
  return [
    ...(aws?.operator?.access === "bastion"
      ? closed("ssh", `${keyText(["aws", "operator", "access"])} is bastion`)
      : []),
    ...(open?.manager === "public" || open?.registry === "public"
      ? closed("admin", "the manager or registry load balancer is public")
      : []),
    ...(open === undefined ? [] : closed("app", "applications are to be reached")),
  ];
}
