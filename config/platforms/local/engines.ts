/** The Docker engines that hosts of the platform `local` can have. */

/** By version: the Debian release that the package of that version comes from. */
export const ENGINES = { "26.1.5": "trixie", "28.5.2": "forky" } as const;

/** A Docker engine's version, as Debian's package names it. */
export type EngineVersion = keyof typeof ENGINES;

/** Debian stable's. */
export const DEFAULT_ENGINE: EngineVersion = "26.1.5";

/** All of them, the oldest first. */
export const ENGINE_VERSIONS = Object.keys(ENGINES) as [EngineVersion, ...EngineVersion[]];
