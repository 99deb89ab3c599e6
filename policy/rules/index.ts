import { accessRules } from "./access";
import { addressRules } from "./addresses";
import { dataRules } from "./data";
import { instanceRules } from "./instances";
import type { Rule } from "./rule";
import { swarmRules } from "./swarm";

export type { Rule, Violation } from "./rule";

/** Everything that holds for every stack, whoever deploys it. */
export const RULES: readonly Rule[] = [...accessRules, ...addressRules, ...instanceRules, ...dataRules, ...swarmRules];
