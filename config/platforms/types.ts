import type { z } from "zod";
import type { Inventory } from "../inventory";
import type { Known } from "../known";
import type { Problem } from "../problem";
import type { CommonConfig, PoolConfig } from "../schema/types";
import type { Keys, PlatformFacts } from "./facts";

/** The values of keys. */
type ValuesOf<K extends Keys> = { readonly [N in keyof K]: z.output<K[N]> };

/** A checked configuration of a stack on one platform. */
export type StackConfigOf<Name extends string, K extends Keys, P extends Keys> = Omit<CommonConfig, "workers"> &
  ValuesOf<K> & {
    readonly platform: Name;
    readonly workers: Readonly<Record<string, PoolConfig & z.output<z.ZodObject<P>>>>;
  };

/** The valid part of a configuration on one platform. */
export type KnownOf<K extends Keys, P extends Keys> = Omit<Known, "workers"> & {
  readonly [N in keyof K]?: { readonly [M in keyof z.output<K[N]>]?: z.output<K[N]>[M] | undefined } | undefined;
} & { readonly workers?: Readonly<Record<string, PoolConfig & z.output<z.ZodObject<P>>>> | undefined };

/** A platform's part of the configuration, as common code sees it. */
export interface AnyPlatform extends PlatformFacts {
  /** What is wrong with a stack's name. @default every name is valid */
  stackName?(stack: string): Problem | undefined;
  /** Problems of the platform's own keys. */
  rules(known: Known): Problem[];
  /** Warnings about accepted values: one sentence each. */
  warnings(config: CommonConfig): string[];
  /** See {@link CommonConfig.zoneRanges}. */
  zoneRanges?(config: CommonConfig): Readonly<Record<string, string>> | undefined;
  /** The hosts of a platform that creates none; undefined where the list isn't valid. */
  inventory?(known: Known): Inventory | undefined;
}

/** The same, with the types of the platform's own keys. */
export interface PlatformDefinition<Name extends string, K extends Keys, P extends Keys> extends AnyPlatform {
  readonly keys: K;
  readonly poolKeys: P;
  rules(known: KnownOf<K, P>): Problem[];
  warnings(config: StackConfigOf<Name, K, P>): string[];
  zoneRanges?(config: StackConfigOf<Name, K, P>): Readonly<Record<string, string>> | undefined;
  inventory?(known: KnownOf<K, P>): Inventory | undefined;
}

/** Platforms by name. */
export type Platforms = Readonly<Record<string, AnyPlatform>>;
