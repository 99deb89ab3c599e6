/** The configuration of a stack, before its program runs. */
import { ConfigError, parseConfig, type StackConfig } from "../../config";
import { describeKey } from "../../config/describe";
import { readStackFile } from "./project";
import { stackValues, type StackText } from "./stack-values";

/** Keys that no command needs, and that may hold encrypted values of any form. */
const IRRELEVANT = ["ingress"];

/**
 * The configuration of a stack, checked and with defaults, without its ingress. An example stands for each encrypted value.
 *
 * @param file the stack's file, where it was read already
 * @returns undefined where it isn't valid, which the program says
 * @throws UserError when there is no such stack
 */
export function readStackConfig(stack: string, file: StackText = readStackFile(stack)): StackConfig | undefined {
  const all = Object.entries(stackValues(file)).filter(([key]) => !IRRELEVANT.includes(key));
  const values = all.map(([key, value]): [string, unknown] => [key, withExamples(value, [key])]);
  try {
    return parseConfig(Object.fromEntries(values), stack);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** A value with an example in the place of everything that is encrypted in it. Pure. */
export function withExamples(value: unknown, path: readonly (string | number)[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withExamples(item, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  if (isEncrypted(value)) return describeKey(path).examples?.[0] ?? "encrypted";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withExamples(inner, [...path, key])]));
}

function isEncrypted(value: object): boolean {
  return Object.keys(value).join() === "secure" && typeof (value as { readonly secure: unknown }).secure === "string";
}
