import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import type { Pki } from "../pki";
import type { Bastion, Platform } from "../platform/types";

/** What every step of the swarm is made from. */
export interface SwarmContext {
  /** The stack's configuration. */
  readonly config: StackConfig;
  /** The host on which cluster-wide steps run. */
  readonly bastion: Bastion;
  /** The stack's certificates. */
  readonly pki: Pki;
  /** The registry that all engines are to trust, and where its hosts have its content. */
  readonly registry: Pick<Platform, "registryName" | "registryStorage">;
  /** The end of it is the end of everything: then no step has to be undone. */
  readonly lifetime: pulumi.Resource;
}

/**
 * The client key with which a step on the bastion shows itself to the managers.
 *
 * The certificate isn't an input of the steps: the bastion has the newest one in a file, for it is no secret. A renewal
 * keeps the key, so it changes no step but the bastion's own. Else it would run every step again, those of dead hosts
 * included, and a node's removal would come with the certificate of the day on which it was made.
 */
export function clientOf(context: SwarmContext): Record<string, unknown> {
  return { key: context.pki.bastion.key };
}
