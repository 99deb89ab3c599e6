/**
 * What AWS refuses of a resource, found without asking AWS. Pure. Used by a component test over generated
 * configurations, by the kit's preview (../main.ts) and by the simulated AWS (test/rehearsal).
 *
 * Rules come from the API models (api.json, made by dev/aws-rules.ts) and from the documentation (prose.ts).
 */
import { API_RULES } from "./api";
import { CHECKS } from "./checks";
import { refusal, shown, type Constraint, type PropertyRules, type Violation } from "./constraint";
import { AUTO_NAMES, autoName, autoNameLimit, bare } from "./names";
import { PROSE_RULES } from "./prose";
import { isUnknown, valuesAt } from "./walk";

export type { Violation } from "./constraint";
export { autoName } from "./names";

/**
 * What AWS, or the provider on its behalf, would refuse.
 *
 * @param type Type token, with or without `aws:`. A type without rules has no violations.
 * @param inputs Plain values. What isn't known yet (a symbol, or a mark of the engine) is passed over, and so is
 *   everything inside it.
 * @param name Name of the resource in the program: the physical name is made from it where the inputs have none.
 */
export function violations(type: string, inputs: Readonly<Record<string, unknown>>, name: string): Violation[] {
  const token = bare(type);
  const auto = AUTO_NAMES[token];
  const isNamed = auto === undefined || inputs[auto.property] !== undefined;
  const named = isNamed ? inputs : { ...inputs, [auto.property]: autoName(token, name) };
  const found = [API_RULES[token] ?? {}, PROSE_RULES[token] ?? {}].flatMap((rules) => broken(named, rules));
  const limit = isNamed ? {} : limitOf(auto.property, autoNameLimit(token));
  // AWS's own limit of a name is said once.
  const own = found.some(({ property }) => property === auto?.property) ? [] : broken(named, limit);
  return [...found, ...own, ...CHECKS.flatMap((check) => check(token, named))];
}

function limitOf(property: string, rule: Constraint | undefined): PropertyRules {
  return rule === undefined ? {} : { [property]: [rule] };
}

function broken(inputs: Readonly<Record<string, unknown>>, rules: PropertyRules): Violation[] {
  return Object.entries(rules).flatMap(([path, constraints]) =>
    valuesAt(inputs, path).flatMap(({ property, value }) =>
      isUnknown(value)
        ? []
        : constraints.flatMap((constraint) => {
            const rule = refusal(value, constraint);
            return rule === undefined ? [] : [{ property, value: shown(value), rule, source: constraint.source }];
          }),
    ),
  );
}
