/** The configuration of a stack, before its program runs. */
import { parse } from "yaml";
import { ConfigError, parseConfig, type StackConfig } from "../../config";
import type { AwsStackConfig } from "../../config/platforms/aws";
import { PROJECT, type StackFile } from "./project";

/** Keys that no command needs, and that may hold encrypted values. */
const IRRELEVANT = ["ingress"];

/** The configuration of a stack on AWS; undefined as of {@link configOf}, or where it is of another platform. */
export function awsConfigOf(stack: string, file: Pick<StackFile, "text">): AwsStackConfig | undefined {
  const config = configOf(stack, file);
  return config?.platform === "aws" ? config : undefined;
}

/**
 * The configuration of a stack file, without its ingress.
 *
 * @returns undefined where it isn't valid, which the program says
 */
export function configOf(stack: string, { text }: Pick<StackFile, "text">): StackConfig | undefined {
  const { config } = (parse(text) as { config?: Record<string, unknown> | null } | null) ?? {};
  const prefix = `${PROJECT}:`;
  const values = Object.entries(config ?? {}).flatMap(([key, value]) => {
    const name = key.slice(prefix.length);
    return key.startsWith(prefix) && !IRRELEVANT.includes(name) ? [[name, value] as const] : [];
  });
  try {
    return parseConfig(Object.fromEntries(values), stack);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
