import { checkKey, unknownKey } from "./check-key";
import { decode } from "./decode";
import { describer } from "./description";
import { foreignKeys } from "./foreign-keys";
import { tiersOf } from "./inventory";
import type { Known } from "./known";
import { PLATFORMS, type StackConfig } from "./platforms";
import type { AnyPlatform, Platforms } from "./platforms/types";
import { ConfigError, type Problem } from "./problem";
import { ruleProblems, warnings } from "./rules";
import { stackSchema } from "./schema";
import { stackSchemaOf } from "./schema/stack";
import type { CommonConfig, StackSchema, StackValues } from "./schema/types";

/**
 * Checks a stack's configuration and fills in defaults. Pure.
 *
 * @param raw Values by key, without the namespace: texts as Pulumi hands them over (JSON for structured ones), or the
 *   values themselves.
 * @param stack Name of the stack.
 * @throws ConfigError with all problems at once.
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>, stack: string): StackConfig {
  return parse(PLATFORMS, stackSchema, raw, stack) as StackConfig;
}

/** The same with other platforms. */
export function parseConfigFor(
  platforms: Platforms,
  raw: Readonly<Record<string, unknown>>,
  stack: string,
): CommonConfig {
  return parse(platforms, stackSchemaOf(platforms), raw, stack);
}

function parse(
  platforms: Platforms,
  schema: StackSchema,
  raw: Readonly<Record<string, unknown>>,
  stack: string,
): CommonConfig {
  const describe = describer(schema);
  const keys = Object.keys(schema.shape);
  const unknown = Object.keys(raw).filter((key) => !keys.includes(key));
  const problems: Problem[] = unknown.map((key) => unknownKey([key], raw[key], describe));
  const values: Record<string, unknown> = {};
  const broken = new Set<string>();
  let poolNames: string[] = [];

  for (const key of keys) {
    const decoded = decode(key, raw[key], describe([key]));
    problems.push(...decoded.problems);
    if (decoded.problems.length > 0) broken.add(key);
    if (raw[key] !== undefined && decoded.value === undefined) continue;
    const checked = checkKey(key, decoded.value, schema, describe);
    if (key === "workers") poolNames = keysOf(decoded.value ?? checked.value);
    problems.push(...checked.problems);
    values[key] = checked.value;
    if (!checked.complete) broken.add(key);
  }

  const known = withPlatform(platforms, {
    ...values,
    stack,
    poolNames,
    allPools: !broken.has("workers"),
    given: new Set(keys.filter((key) => raw[key] !== undefined)),
  });
  problems.push(...ruleProblems(known, platforms, describe));
  if (problems.length > 0) throw new ConfigError(stack, inOrder(problems, keys));
  return complete(platforms, values as StackValues, known);
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

function withPlatform(platforms: Platforms, known: Known): Known {
  const platform = platforms[known.platform ?? ""];
  if (platform === undefined) return known;
  return withInventory(platform, {
    ...known,
    facts: platform,
    zones: known.given.has("zones") ? known.zones : platform.defaults.zones,
    domain: known.given.has("domain") ? known.domain : platform.defaults.domain,
  });
}

/** Where the configuration lists the hosts, the tiers follow from the list alone: not from defaults of keys for counts. */
function withInventory(platform: AnyPlatform, known: Known): Known {
  if (platform.createsHosts !== false) return known;
  const inventory = platform.inventory?.(known);
  const { managers, registry, workers } = inventory === undefined ? {} : tiersOf(inventory);
  return {
    ...known,
    inventory,
    managers,
    registry,
    workers,
    poolNames: Object.keys(workers ?? {}),
    allPools: workers !== undefined,
  };
}

/** Without problems, every value is known. */
function complete(platforms: Platforms, values: StackValues, known: Known): CommonConfig {
  const { stack, zones = [], domain = "", inventory } = known;
  const platform = platforms[values.platform];
  if (platform === undefined) throw new Error(`unknown platform ${values.platform}, which the schema should refuse`);
  const foreign = foreignKeys(platforms, platform);
  const own = Object.fromEntries(Object.entries(values).filter(([key]) => !foreign.includes(key))) as StackValues;
  const tiers = inventory === undefined ? {} : { ...tiersOf(inventory), inventory: inventory.hosts };
  const config = { ...own, ...tiers, stack, zones, domain, warnings: [] };
  const zoneRanges = platform.zoneRanges?.(config);
  return {
    ...config,
    ...(zoneRanges === undefined ? {} : { zoneRanges }),
    warnings: [...warnings(config, inventory?.at), ...platform.warnings(config)],
  };
}

/** Problems in the order of the schema, as in the documentation. Unknown keys come first. */
function inOrder(problems: readonly Problem[], keys: readonly string[]): Problem[] {
  const rank = ({ key }: Problem): number => keys.indexOf(/:(\w+)/.exec(key)?.[1] ?? "");
  return [...problems].sort((a, b) => rank(a) - rank(b));
}
