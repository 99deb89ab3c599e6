import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";

/** Each danger is acknowledged once: of two entries somebody takes out one, and believes that it is gone. */
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
