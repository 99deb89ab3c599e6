import type { z } from "zod";

/** Keys of the configuration with the types of their values. */
export type Keys = Readonly<Record<string, z.ZodType>>;

/** How it is found out that a TXT record can be seen: by asking the zone's name servers, or not at all. */
export type Propagation = "check" | "skip";

/** Addresses that are taken where the hosts run. */
export interface TakenRange {
  /** CIDR. */
  readonly range: string;
  /** What has them, in words. */
  readonly by: string;
}

/** What is to be known of a platform before anything is made: plain values. */
export interface PlatformFacts {
  /** Where its hosts run, in words. */
  readonly where: string;
  /** What its hosts are, to continue "the hosts of the platform … are". */
  readonly hosts: string;
  /** Top-level keys that only this platform has. One without a default is required. */
  readonly keys: Keys;
  /** Keys that its pools of workers have beside the common ones. */
  readonly poolKeys: Keys;
  /** Defaults of common keys. What is missing is required: zones of a cloud belong to a region that nobody can guess. */
  readonly defaults: { readonly zones?: readonly string[]; readonly domain?: string };
  /** Values of `ingress.acme.propagation` that work there; the first one is the default. */
  readonly propagation: readonly [Propagation, ...Propagation[]];
  /**
   * Where images of the stack's own services come from, in words.
   *
   * @default the public registries, or what `images` says
   */
  readonly imagesFrom?: string;
  /** Addresses that no range of `network` may have. */
  readonly takenRanges: readonly TakenRange[];
  /** Whether its network refuses another range than it was made with by itself, so that nobody else has to remember it. */
  readonly keepsHostRange: boolean;
}
