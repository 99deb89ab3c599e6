import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../platform/types";
import { hostStep } from "../ssh/remote-step";
import type { SwarmContext } from "./context";

/** The part of a step's input that is about the external CA; nothing where the swarm signs by itself. */
export function externalCaOf({ config: { externalCa } }: SwarmContext): {
  readonly externalCa?: { readonly urls: string[]; readonly root: string };
} {
  if (externalCa === undefined) return {};
  return { externalCa: { urls: externalCa.urls, root: externalCa.rootCertificate } };
}

/**
 * Checks from a manager that the external CA signs as the swarm needs it, with the certificate that this manager has as a node.
 * The settings are changed after it. A manager that is replaced checks it again.
 *
 * @param after The step that prepares the bastion, and this manager's node in service.
 * @returns nothing where the swarm signs by itself
 */
export function checkExternalCa(
  host: Host,
  context: SwarmContext,
  after: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): command.remote.Command[] {
  const { externalCa } = externalCaOf(context);
  if (externalCa === undefined) return [];
  return [
    hostStep(
      `external-ca-${host.name}`,
      {
        connection: host.connection,
        script: "external-ca",
        triggers: [host.identity],
        input: { action: "check", ...externalCa },
      },
      { parent, dependsOn: [...after], deletedWith: context.lifetime },
    ),
  ];
}
