import type { z } from "zod";
import type { PlatformFacts } from "../platforms/facts";

/**
 * The platforms' own keys, with their schemas.
 *
 * @throws Error when two platforms have the same key, because only one schema could apply
 */
export function ownKeys(
  platforms: Readonly<Record<string, PlatformFacts>>,
  which: "keys" | "poolKeys",
): readonly (readonly [string, z.ZodType])[] {
  const owners = new Map<string, string>();
  return Object.entries(platforms).flatMap(([name, platform]) =>
    Object.entries(platform[which]).map(([key, schema]) => {
      const owner = owners.get(key);
      if (owner !== undefined) throw new Error(`the platforms ${owner} and ${name} both have the key '${key}'`);
      owners.set(key, name);
      return [key, schema] as const;
    }),
  );
}
