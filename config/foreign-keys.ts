import type { PlatformFacts } from "./platforms/facts";

/** Top-level keys that only other platforms have. */
export function foreignKeys(platforms: Readonly<Record<string, PlatformFacts>>, own: PlatformFacts): string[] {
  return Object.values(platforms)
    .flatMap(({ keys }) => Object.keys(keys))
    .filter((key) => !Object.hasOwn(own.keys, key));
}

/** Keys of pools that only other platforms have. */
export function foreignPoolKeys(platforms: Readonly<Record<string, PlatformFacts>>, own: PlatformFacts): string[] {
  return Object.values(platforms)
    .flatMap(({ poolKeys }) => Object.keys(poolKeys))
    .filter((key) => !Object.hasOwn(own.poolKeys, key));
}
