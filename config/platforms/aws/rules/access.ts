import { describeKey } from "../schema";
import { parseRange } from "../../../../plan/ipv4";
import type { AwsKnown } from "./known";
import { keyText, valueText, type PathPart, type Problem } from "../../../problem";
import { isWorld } from "../../../world";

/** Checks that ranges are valid, that administrators' ports aren't open to the world, and that public endpoints have a range. */
export function accessProblems(known: AwsKnown): Problem[] {
  const { access } = known;
  if (access === undefined) return [];
  return [
    ...rangeProblems(["access", "ssh"], access.ssh),
    ...worldProblems(["access", "ssh"], access.ssh),
    ...rangeProblems(["access", "admin"], access.admin),
    ...worldProblems(["access", "admin"], access.admin),
    ...rangeProblems(["access", "app"], access.app),
    ...rangeProblems(["access", "egress", "ranges"], access.egress?.ranges),
    ...emptyLists(known),
  ];
}

function rangeProblems(path: readonly PathPart[], ranges: readonly string[] = []): Problem[] {
  return ranges.flatMap((text, i) => {
    const reason = ranges.indexOf(text) < i ? "it is in the list already" : refusal(text);
    if (reason === undefined) return [];
    const { allowed = "" } = describeKey(path);
    const fix = `${reason}; ${describeKey([...path, i]).fix ?? ""}`;
    return [{ key: keyText([...path, i]), got: valueText(text), allowed, fix }];
  });
}

function refusal(text: string): string | undefined {
  try {
    parseRange(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Refuses the world for administrators' ports: as one range, which the problem names, or as all ranges together. */
function worldProblems(path: readonly PathPart[], ranges: readonly string[] = []): Problem[] {
  const { allowed = "" } = describeKey(path);
  const fix = "it is as good as the world; list the networks of your administrators, such as [203.0.113.0/24]";
  const wide = ranges.flatMap((text, i) =>
    isWorld([text]) ? [{ key: keyText([...path, i]), got: valueText(text), allowed, fix }] : [],
  );
  if (wide.length > 0 || !isWorld(ranges)) return wide;
  return [{ key: keyText(path), got: `${ranges.length} ranges that add up to a /7 or more`, allowed, fix }];
}

/** Lists without a range, for something that is public. */
function emptyLists({ access, aws }: AwsKnown): Problem[] {
  const closed = (name: "ssh" | "admin" | "app", why: string): Problem[] =>
    access?.[name]?.length === 0
      ? [
          {
            key: keyText(["access", name]),
            got: "[]",
            allowed: `at least one range while ${why}`,
            fix: "write the ranges that may connect, such as [203.0.113.0/24]",
          },
        ]
      : [];
  const open = aws?.loadBalancers;
  return [
    ...(aws?.bastion?.access === "public" ? closed("ssh", `${keyText(["aws", "bastion", "access"])} is public`) : []),
    ...(open?.manager === "public" || open?.registry === "public"
      ? closed("admin", "the manager or registry load balancer is public")
      : []),
    ...(open === undefined ? [] : closed("app", "there is an application load balancer")),
  ];
}
