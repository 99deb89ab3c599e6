import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** Each danger may be listed once. With two entries, removing one would have no effect. */
export function acknowledgeProblems({ acknowledge = [] }: Known): Problem[] {
  const { allowed = "" } = describeKey(["acknowledge"]);
  return acknowledge.flatMap((name, i) =>
    acknowledge.indexOf(name) === i
      ? []
      : [
          {
            key: keyText(["acknowledge", i]),
            got: `${valueText(name)} for the second time`,
            allowed: `${allowed}, each once`,
            fix: "remove one of them",
          },
        ],
  );
}
