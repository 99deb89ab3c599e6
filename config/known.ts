import type { Inventory } from "./inventory";
import type { PlatformFacts } from "./platforms/facts";
import type { PoolConfig, StackValues } from "./schema";

/** A value of which some keys may be missing because they were wrong. */
type Partially<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * The valid part of a configuration: each value that has the right type and format. Rules check
 * this part, so that one wrong value doesn't hide problems of the others. The keys
 * of platforms are there, too; see `KnownOf`.
 */
export interface Known {
  /** Name of the stack. */
  readonly stack: string;
  readonly platform?: StackValues["platform"] | undefined;
  /** Facts about the platform. */
  readonly facts?: PlatformFacts | undefined;
  /** Platform's default included. */
  readonly zones?: readonly string[] | undefined;
  /** The hosts that the configuration lists; managers, registry and workers follow from them. */
  readonly inventory?: Inventory | undefined;
  readonly managers?: Partially<StackValues["managers"]> | undefined;
  readonly registry?: Partially<StackValues["registry"]> | undefined;
  /** The pools without a problem of their own. */
  readonly workers?: Readonly<Record<string, PoolConfig>> | undefined;
  /** Names of all pools, wrong ones included. */
  readonly poolNames: readonly string[];
  /** Whether `workers` has all pools. */
  readonly allPools: boolean;
  readonly network?: Partially<StackValues["network"]> | undefined;
  readonly certificates?: Partially<StackValues["certificates"]> | undefined;
  readonly ingress?: Partially<StackValues["ingress"]> | undefined;
  readonly images?: Partially<StackValues["images"]> | undefined;
  /** Platform's default included. */
  readonly domain?: string | undefined;
  readonly acknowledge?: StackValues["acknowledge"] | undefined;
  readonly backup?: Partially<NonNullable<StackValues["backup"]>> | undefined;
  readonly externalCa?: Partially<NonNullable<StackValues["externalCa"]>> | undefined;
  /** Top-level keys that the stack file has. */
  readonly given: ReadonlySet<string>;
}
