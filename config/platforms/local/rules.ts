import { keyText, valueText, type Problem } from "../../problem";
import type { Keys } from "../facts";
import type { KnownOf } from "../types";
import { describeKey, type keys } from "./schema";

/** Each port of this workstation may be used once. */
export function portProblems(known: KnownOf<typeof keys, Keys>): Problem[] {
  const ports = Object.entries(known.local?.ports ?? {});
  return ports.flatMap(([name, port], i) => {
    const twin = ports.slice(0, i).find(([, other]) => other === port);
    if (twin === undefined) return [];
    const path = ["local", "ports", name];
    const fix = `choose another one: ${keyText(["local", "ports", twin[0]])} uses it`;
    return [{ key: keyText(path), got: valueText(port), allowed: describeKey(path).allowed ?? "", fix }];
  });
}
