/** The check of the account's quotas, before an `up` that AWS would refuse half-way. */
import { parse } from "yaml";
import { parseConfig, ConfigError, type AwsStackConfig } from "../../config";
import { describeShort, describeUnknown } from "../quotas/describe";
import { needOf } from "../quotas/need";
import { isShort } from "../quotas/quotas";
import { missingOf, standingsOf } from "../quotas/standings";
import { SetupError } from "../setup/errors";
import { regionOf, PROJECT, type StackFile } from "./project";

/** Commands that create resources. */
const CREATING = ["up", "update"];

/** Keys that no quota depends on, and that may hold encrypted values. */
const IRRELEVANT = ["ingress"];

/**
 * Checks the quotas that a stack needs more of.
 *
 * @param state What `pulumi stack export` prints; undefined before the first `up`
 * @throws SetupError that names each quota that is too small, its figures, and the command that requests more
 */
export async function checkQuotas(
  stack: string,
  file: StackFile,
  args: readonly string[],
  state: () => Promise<string | undefined>,
): Promise<void> {
  if (file.platform !== "aws" || !CREATING.includes(args[0] ?? "")) return;
  const config = awsConfigOf(stack, file);
  // The program itself names what is wrong with its configuration.
  if (config === undefined) return;
  const region = regionOf(file);
  const { standings, unknown } = await standingsOf(missingOf(needOf(config), await state()), region);
  if (unknown.length > 0) warn(describeUnknown(stack, region, unknown));
  const short = standings.filter(isShort);
  if (short.length > 0) throw new SetupError(`Nothing was done. ${describeShort(stack, region, short)}`);
}

/** The configuration of a stack file; undefined where it isn't valid, or of another platform. */
export function awsConfigOf(stack: string, { text }: Pick<StackFile, "text">): AwsStackConfig | undefined {
  const { config = {} } = (parse(text) as { config?: Record<string, unknown> } | null) ?? {};
  const prefix = `${PROJECT}:`;
  const values = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith(prefix) && !IRRELEVANT.includes(key.slice(prefix.length))
      ? [[key.slice(prefix.length), value] as const]
      : [],
  );
  try {
    const parsed = parseConfig(Object.fromEntries(values), stack);
    return parsed.platform === "aws" ? parsed : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}
