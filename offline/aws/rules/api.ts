import data from "./api.json";
import type { Constraint, PropertyRules } from "./constraint";

/** Rules from the API models, by type. Made by `npx tsx dev/aws-rules.ts`; don't edit. */
export const API_RULES: Readonly<Record<string, PropertyRules>> = Object.fromEntries(
  Object.entries(data.rules as Readonly<Record<string, Readonly<Record<string, Constraint>>>>).map(([type, rules]) => [
    type,
    Object.fromEntries(Object.entries(rules).map(([path, rule]) => [path, [rule]])),
  ]),
);
