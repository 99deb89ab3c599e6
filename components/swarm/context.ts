import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import type { Pki } from "../pki";
import type { Bastion, Platform } from "../platform/types";

/** Common inputs of the swarm's steps. */
export interface SwarmContext {
  /** The stack's configuration. */
  readonly config: StackConfig;
  /** The host on which cluster-wide steps run. */
  readonly bastion: Bastion;
  /** The stack's certificates. */
  readonly pki: Pki;
  /** The registry, which all Docker engines trust, and the path of its content on its hosts. */
  readonly registry: Pick<Platform, "registryName" | "registryStorage">;
  /** The resource that is deleted only with the whole stack. Then no step has to be undone. */
  readonly lifetime: pulumi.Resource;
}

/**
 * The client key with which a step on the bastion authenticates to the managers.
 *
 * The certificate isn't an input of the steps: the bastion has the newest one in a file, because it is no secret. A renewal
 * keeps the key, so it changes only the bastion's own step. Otherwise it would run every step again, those of dead hosts
 * included, and a node's removal would use the old certificate from when the step was created.
 */
export function clientOf(context: SwarmContext): Record<string, unknown> {
  return { key: context.pki.bastion.key };
}
