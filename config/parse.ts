import { checkKey, unknownKey, type TopLevelKey } from "./check-key";
import { decode } from "./decode";
import type { Known } from "./known";
import { ConfigError, type Problem } from "./problem";
import { ruleProblems, warnings } from "./rules";
import { PLATFORM_DEFAULTS, stackSchema, type StackConfig, type StackValues } from "./schema";

/**
 * Checks a stack's configuration and fills in defaults. Pure: the same input always gives the same answer.
 *
 * @param raw Values by key, without the namespace: texts as Pulumi hands them over (JSON for structured ones), or the
 *   values themselves.
 * @param stack Name of the stack.
 * @throws ConfigError with all problems at once.
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>, stack: string): StackConfig {
  const keys = Object.keys(stackSchema.shape) as TopLevelKey[];
  const unknown = Object.keys(raw).filter((key) => !keys.some((known) => known === key));
  const problems: Problem[] = unknown.map((key) => unknownKey([key], raw[key]));
  const values: Partial<Record<TopLevelKey, unknown>> = {};
  const broken = new Set<TopLevelKey>();
  let poolNames: string[] = [];

  for (const key of keys) {
    const decoded = decode(key, raw[key]);
    problems.push(...decoded.problems);
    if (decoded.problems.length > 0) broken.add(key);
    if (raw[key] !== undefined && decoded.value === undefined) continue;
    const checked = checkKey(key, decoded.value);
    if (key === "workers") poolNames = keysOf(decoded.value ?? checked.value);
    problems.push(...checked.problems);
    values[key] = checked.value;
    if (!checked.complete) broken.add(key);
  }

  const known = withPlatformDefaults({
    ...(values as Partial<StackValues>),
    stack,
    poolNames,
    allPools: !broken.has("workers"),
    given: new Set(keys.filter((key) => raw[key] !== undefined)),
  });
  problems.push(...ruleProblems(known));
  if (problems.length > 0) throw new ConfigError(stack, inOrder(problems, keys));
  return complete(stack, values as StackValues, known);
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function withPlatformDefaults(known: Known): Known {
  if (known.platform === undefined) return known;
  const defaults = PLATFORM_DEFAULTS[known.platform];
  return {
    ...known,
    zones: known.given.has("zones") ? known.zones : defaults.zones,
    domain: known.given.has("domain") ? known.domain : defaults.domain,
  };
}

/** Nothing is wrong, so everything is known. */
function complete(stack: string, values: StackValues, { zones = [], domain = "" }: Known): StackConfig {
  const { platform, local, aws, access, ...rest } = values;
  const common = { ...rest, stack, zones, domain, warnings: warnings({ ...rest, zones, aws }) };
  if (platform === "local") return { ...common, platform, local };
  if (aws === undefined) throw new Error("a rule has to refuse the platform aws without swarm-ha:aws");
  const { subnets } = aws.network;
  const zoneRanges =
    subnets === undefined
      ? {}
      : { zoneRanges: Object.fromEntries(Object.entries(subnets).map(([zone, both]) => [zone, both.private.cidr])) };
  return { ...common, ...zoneRanges, platform, aws, access };
}

/** Problems in the order of the schema, which is the one of the documentation; keys that aren't in it come first. */
function inOrder(problems: readonly Problem[], keys: readonly string[]): Problem[] {
  const rank = ({ key }: Problem): number => keys.indexOf(/:(\w+)/.exec(key)?.[1] ?? "");
  return [...problems].sort((a, b) => rank(a) - rank(b));
}
