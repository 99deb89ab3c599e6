import { accessRules } from "./access";
import { addressRules } from "./addresses";
import { dataRules } from "./data";
import { instanceRules } from "./instances";
import type { Rule } from "./rule";
import { swarmRules } from "./swarm";

export type { Rule, Violation } from "./rule";

/** All rules. They apply to every stack. */
export const RULES: readonly Rule[] = [...accessRules, ...addressRules, ...instanceRules, ...dataRules, ...swarmRules];
