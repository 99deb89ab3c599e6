/** The configuration of a stack, before its program runs. */
import { ConfigError, parseConfig, type StackConfig } from "../../config";
import { describeKey } from "../../config/describe";
import type { PathPart } from "../../config/problem";
import { readStackFile } from "./project";
import { stackValues, type StackText } from "./stack-values";

/** Keys that no command needs, and that may hold encrypted values. */
const IRRELEVANT = ["ingress"];

/** Stands for an encrypted text whose form the schema doesn't check. */
const ENCRYPTED = "encrypted";

/** The value with an example of the schema in place of each encrypted part, which only Pulumi can decrypt. */
function readable(value: unknown, path: readonly PathPart[]): unknown {
  if (Array.isArray(value)) return value.map((entry, i) => readable(entry, [...path, i]));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only, ...more] = entries;
  if (only?.[0] === "secure" && typeof only[1] === "string" && more.length === 0)
    return describeKey(path).examples?.[0] ?? ENCRYPTED;
  return Object.fromEntries(entries.map(([key, entry]) => [key, readable(entry, [...path, key])]));
}

/**
 * The configuration of a stack, checked and with defaults, without its ingress. Encrypted parts are examples of the right form.
 *
 * @param file the stack's file, where it was read already
 * @returns undefined where it isn't valid, which the program says
 * @throws UserError when there is no such stack
 */
export function readStackConfig(stack: string, file: StackText = readStackFile(stack)): StackConfig | undefined {
  const values = Object.entries(stackValues(file)).filter(([key]) => !IRRELEVANT.includes(key));
  try {
    return parseConfig(Object.fromEntries(values.map(([key, value]) => [key, readable(value, [key])])), stack);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
