import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import type { Pki } from "../pki";
import type { Operator } from "../platform/types";

/** What every step of the swarm is made from. */
export interface SwarmContext {
  /** The stack's configuration. */
  readonly config: StackConfig;
  /** The machine on which cluster-wide steps run. */
  readonly operator: Operator;
  /** The stack's certificates. */
  readonly pki: Pki;
  /** The end of it is the end of everything: then no step has to be undone. */
  readonly lifetime: pulumi.Resource;
}

/** The client certificate and key that a step on the operator shows to the managers. */
export function clientOf(context: SwarmContext): Record<string, unknown> {
  return { certificate: context.pki.operator.certificate, key: context.pki.operator.key };
}
