/** The configuration of a stack on AWS, before its program runs. */
import { parse } from "yaml";
import { ConfigError, parseConfig, type AwsStackConfig } from "../../config";
import { PROJECT, type StackFile } from "./project";

/** Keys that no command needs, and that may hold encrypted values. */
const IRRELEVANT = ["ingress"];

/**
 * The configuration of a stack file, without its ingress.
 *
 * @returns undefined where it isn't valid, which the program says, or is of another platform
 */
export function awsConfigOf(stack: string, { text }: Pick<StackFile, "text">): AwsStackConfig | undefined {
  const { config } = (parse(text) as { config?: Record<string, unknown> | null } | null) ?? {};
  const prefix = `${PROJECT}:`;
  const values = Object.entries(config ?? {}).flatMap(([key, value]) => {
    const name = key.slice(prefix.length);
    return key.startsWith(prefix) && !IRRELEVANT.includes(name) ? [[name, value] as const] : [];
  });
  try {
    const parsed = parseConfig(Object.fromEntries(values), stack);
    return parsed.platform === "aws" ? parsed : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
