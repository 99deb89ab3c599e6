import type { Describe } from "../check-key";
import { foreignKeys, foreignPoolKeys } from "../foreign-keys";
import type { Known } from "../known";
import type { AnyPlatform, Platforms } from "../platforms/types";
import { keyText, valueText, type Problem } from "../problem";

/** Keys that only some platforms have or need, and stack names that a platform refuses. */
export function platformProblems(known: Known, platforms: Platforms, describe: Describe): Problem[] {
  const own = platforms[known.platform ?? ""];
  if (own === undefined) return [];
  return [
    ...nameProblems(known, own),
    ...missing(known, own, describe),
    ...foreign(known, platforms, own, describe),
    ...foreignInPools(known, platforms, own),
  ];
}

function nameProblems({ stack }: Known, own: AnyPlatform): Problem[] {
  const problem = own.stackName?.(stack);
  return problem === undefined ? [] : [problem];
}

function missing({ given, platform = "" }: Known, { defaults, keys }: AnyPlatform, describe: Describe): Problem[] {
  const common = (["zones", "domain"] as const).filter((key) => defaults[key] === undefined);
  const own = Object.entries(keys).filter(([, schema]) => !schema.safeParse(undefined).success);
  return [...common, ...own.map(([key]) => key)]
    .filter((key) => !given.has(key))
    .map((key) => {
      const { allowed = "", fix = "" } = describe([key]);
      return { key: keyText([key]), got: "nothing", allowed, fix: `the platform ${platform} has no default; ${fix}` };
    });
}

function foreign(
  { given, platform = "" }: Known,
  platforms: Platforms,
  own: AnyPlatform,
  describe: Describe,
): Problem[] {
  const keys = [...(own.imagesFrom === undefined ? [] : ["images"]), ...foreignKeys(platforms, own)];
  return keys
    .filter((key) => given.has(key))
    .map((key) => ({
      key: keyText([key]),
      got: `a value on the platform ${platform}`,
      allowed: describe([key]).allowed ?? "",
      fix: "remove the key",
    }));
}

/** Keys of a pool that only one platform has, such as the instance type. */
function foreignInPools({ workers = {}, platform = "" }: Known, platforms: Platforms, own: AnyPlatform): Problem[] {
  const keys = foreignPoolKeys(platforms, own);
  return Object.entries(workers).flatMap(([pool, values]) =>
    Object.entries(values)
      .filter(([key, value]) => keys.includes(key) && value !== undefined)
      .map(([key, value]) => ({
        key: keyText(["workers", pool, key]),
        got: `${valueText(value)} on the platform ${platform}`,
        allowed: `nothing: the hosts of the platform ${platform} are ${own.hosts}`,
        fix: "remove the key",
      })),
  );
}
