import type { HostSpec } from "../../plan/placement";
import type { z } from "zod";
import type { stackSchemaOf } from "./stack";

/** Types and formats of all keys of a stack. */
export type StackSchema = ReturnType<typeof stackSchemaOf>;

/** The values of all keys but those of platforms after defaults, as the schema alone sees them. */
export type StackValues = z.output<StackSchema>;

/** One pool of workers. */
export type PoolConfig = StackValues["workers"][string];

/** Images of the stack's own services from a mirror. */
export type ImagesConfig = StackValues["images"];

/** How the applications' certificate is obtained from an ACME authority. */
export type AcmeConfig = NonNullable<StackValues["ingress"]["acme"]>;

/** Where backups are stored, and for how long. */
export type BackupConfig = NonNullable<StackValues["backup"]>;

/** A CA outside of the swarm that signs its nodes' certificates. */
export type ExternalCaConfig = NonNullable<StackValues["externalCa"]>;

/** Time limits between clients and the ingress. */
export type IngressTimeouts = StackValues["ingress"]["timeouts"];

/** What a checked configuration has on every platform. */
export interface CommonConfig extends Omit<StackValues, "zones" | "domain"> {
  /** Name of the stack: hosts, networks and contexts are called after it. */
  readonly stack: string;
  /** Failure zones, each once, in placement order. */
  readonly zones: readonly string[];
  /** DNS domain of the stack. */
  readonly domain: string;
  /** Ranges of the hosts by zone, CIDR, in an existing network. @default blocks of `network.hosts` */
  readonly zoneRanges?: Readonly<Record<string, string>>;
  /** Hosts that exist already, in the order of the plan. @default counts and zones say which hosts there are */
  readonly inventory?: readonly HostSpec[];
  /** Warnings about accepted values: one sentence each. */
  readonly warnings: readonly string[];
}
