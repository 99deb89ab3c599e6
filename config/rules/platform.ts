import type { TopLevelKey } from "../check-key";
import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";
import { stackNameProblem } from "../stack-name";

/** Keys that one platform needs and another hasn't got. */
export function platformProblems(known: Known): Problem[] {
  if (known.platform === undefined) return [];
  return known.platform === "local"
    ? [
        ...nameProblems(known),
        ...foreign(["images", "aws", "access"], known),
        ...machineProblems(known),
        ...portProblems(known),
      ]
    : [...missing(["zones", "domain", "aws"], known), ...foreign(["local"], known)];
}

function nameProblems({ stack }: Known): Problem[] {
  const problem = stackNameProblem(stack);
  return problem === undefined ? [] : [problem];
}

function missing(keys: readonly TopLevelKey[], known: Known): Problem[] {
  return keys
    .filter((key) => !known.given.has(key))
    .map((key) => {
      const { allowed = "", fix = "" } = describeKey([key]);
      return { key: keyText([key]), got: "nothing", allowed, fix: `the platform aws has no default; ${fix}` };
    });
}

function foreign(keys: readonly TopLevelKey[], known: Known): Problem[] {
  return keys
    .filter((key) => known.given.has(key))
    .map((key) => ({
      key: keyText([key]),
      got: `a value on the platform ${known.platform ?? ""}`,
      allowed: describeKey([key]).allowed ?? "",
      fix: "remove the key",
    }));
}

/** What a pool's machines are made of is for a cloud: containers have no size of their own. */
function machineProblems({ workers = {} }: Known): Problem[] {
  return Object.entries(workers).flatMap(([pool, values]) =>
    (["instanceType", "architecture", "volume"] as const)
      .filter((key) => values[key] !== undefined)
      .map((key) => ({
        key: keyText(["workers", pool, key]),
        got: `${valueText(values[key])} on the platform local`,
        allowed: "nothing: the machines of the platform local are containers on this one",
        fix: "remove the key",
      })),
  );
}

function portProblems(known: Known): Problem[] {
  const ports = Object.entries(known.local?.ports ?? {});
  return ports.flatMap(([name, port], i) => {
    const twin = ports.slice(0, i).find(([, other]) => other === port);
    if (twin === undefined) return [];
    const path = ["local", "ports", name];
    const fix = `choose another one: ${keyText(["local", "ports", twin[0]])} has it already`;
    return [{ key: keyText(path), got: valueText(port), allowed: describeKey(path).allowed ?? "", fix }];
  });
}
