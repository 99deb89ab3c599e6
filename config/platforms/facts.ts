import type { z } from "zod";

/** Keys of the configuration with the types of their values. */
export type Keys = Readonly<Record<string, z.ZodType>>;

/** Whether lego checks with the zone's name servers that a TXT record is visible. */
export type Propagation = "check" | "skip";

/** Addresses that are taken where the hosts run. */
export interface TakenRange {
  /** CIDR. */
  readonly range: string;
  /** Who uses them, in words. */
  readonly by: string;
}

/** Facts about a platform: plain values, known before any resource exists. */
export interface PlatformFacts {
  /** Where its hosts run, in words. */
  readonly where: string;
  /** What its hosts are, to continue "the hosts of the platform … are". */
  readonly hosts: string;
  /** Top-level keys that only this platform has. One without a default is required. */
  readonly keys: Keys;
  /** Keys that its pools of workers have beside the common ones. */
  readonly poolKeys: Keys;
  /** Defaults of common keys. A key without one is required: a cloud's zones depend on the region. */
  readonly defaults: { readonly zones?: readonly string[]; readonly domain?: string };
  /** Values of `ingress.acme.propagation` that work there; the first one is the default. */
  readonly propagation: readonly [Propagation, ...Propagation[]];
  /**
   * Where images of the stack's own services come from, in words.
   *
   * @default the public registries, or what `images` says
   */
  readonly imagesFrom?: string;
  /** A folder of the bastion that outlives the bastion and the stack, for backups. @default there is none */
  readonly backupFolder?: string;
  /** Whether a stack with backups and without `backup.repository` gets a bucket of its own for them. @default false */
  readonly backupBucket?: boolean;
  /** Addresses that no range of `network` may have. */
  readonly takenRanges: readonly TakenRange[];
  /** Whether the program creates the hosts. Otherwise the configuration lists them, with their SSH host keys (`inventory`). @default true */
  readonly createsHosts?: boolean;
  /** Whether its network itself refuses a change of its range, or has none. Otherwise the ranges' resource stores and checks it. */
  readonly keepsHostRange: boolean;
}
