/** The configuration of a stack, before its program runs. */
import { ConfigError, parseConfig, type StackConfig } from "../../config";
import { readStackFile } from "./project";
import { stackValues, type StackText } from "./stack-values";

/** Keys that no command needs, and that may hold encrypted values. */
const IRRELEVANT = ["ingress"];

/**
 * The configuration of a stack, checked and with defaults, without its ingress.
 *
 * @param file the stack's file, where it was read already
 * @returns undefined where it isn't valid, which the program says
 * @throws UserError when there is no such stack
 */
export function readStackConfig(stack: string, file: StackText = readStackFile(stack)): StackConfig | undefined {
  const values = Object.entries(stackValues(file)).filter(([key]) => !IRRELEVANT.includes(key));
  try {
    return parseConfig(Object.fromEntries(values), stack);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
