import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** Keys that one platform needs and another hasn't got. */
export function platformProblems(known: Known): Problem[] {
  if (known.platform === undefined) return [];
  return known.platform === "local" ? portProblems(known) : cloudProblems(known);
}

function cloudProblems(known: Known): Problem[] {
  const missing = (["zones", "domain"] as const).filter((key) => !known.given.has(key));
  const problems = missing.map((key) => {
    const { allowed = "", fix = "" } = describeKey([key]);
    return { key: keyText([key]), got: "nothing", allowed, fix: `the platform aws has no default; ${fix}` };
  });
  if (!known.given.has("local")) return problems;
  const allowed = describeKey(["local"]).allowed ?? "";
  return [...problems, { key: keyText(["local"]), got: "a value on the platform aws", allowed, fix: "remove the key" }];
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
