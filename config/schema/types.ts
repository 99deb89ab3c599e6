import type { z } from "zod";
import type { stackSchema } from "./stack";

/** The values of all keys after defaults, as the schema alone sees them. */
export type StackValues = z.output<typeof stackSchema>;

/** One pool of workers. */
export type PoolConfig = StackValues["workers"][string];

/** What only the platform `local` has. */
export type LocalConfig = StackValues["local"];

/** What only the platform `aws` has. */
export type AwsConfig = NonNullable<StackValues["aws"]>;

/** Who may reach what from outside, on the platform `aws`. */
export type AccessConfig = StackValues["access"];

/** Images of the stack's own services that come from elsewhere than usual. */
export type ImagesConfig = StackValues["images"];

/** How the applications' certificate is got from an ACME authority. */
export type AcmeConfig = NonNullable<StackValues["ingress"]["acme"]>;

/** Time limits between clients and the ingress. */
export type IngressTimeouts = StackValues["ingress"]["timeouts"];

interface CommonConfig extends Omit<StackValues, "platform" | "zones" | "domain" | "local" | "aws" | "access"> {
  /** Name of the stack: machines, networks and contexts are called after it. */
  readonly stack: string;
  /** Failure zones, each once, in placement order. */
  readonly zones: readonly string[];
  /** DNS domain of the stack. */
  readonly domain: string;
  /** Ranges of the hosts by zone, CIDR, where their network was there before. @default blocks of `network.hosts` */
  readonly zoneRanges?: Readonly<Record<string, string>>;
  /** What is accepted, but shouldn't go unsaid: one sentence each. */
  readonly warnings: readonly string[];
}

/** A checked configuration of a stack on this machine's Docker engine. */
export interface LocalStackConfig extends CommonConfig {
  readonly platform: "local";
  readonly local: LocalConfig;
}

/** A checked configuration of a stack on AWS. */
export interface AwsStackConfig extends CommonConfig {
  readonly platform: "aws";
  readonly aws: AwsConfig;
  readonly access: AccessConfig;
}

/** A checked configuration: whoever holds one can rely on every rule of `config/rules`. */
export type StackConfig = LocalStackConfig | AwsStackConfig;
