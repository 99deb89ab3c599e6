import * as pulumi from "@pulumi/pulumi";
import { overlayNetwork } from "../platform/addressing";
import { remoteStep } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";
import type { ManagerAddress } from "./operator";

/**
 * Founds the swarm, or finds the one that there is. Runs on the operator.
 *
 * After birth this step is history: whatever changes in its inputs is ignored, and it never dials the first manager
 * again, which may be replaced or dead by then.
 *
 * @returns The cluster id.
 */
export function init(
  first: ManagerAddress,
  prepared: readonly pulumi.Resource[],
  context: SwarmContext,
  parent: pulumi.Resource,
): { readonly step: pulumi.Resource; readonly swarmId: pulumi.Output<string> } {
  const step = remoteStep(
    "init",
    {
      connection: context.operator.connection,
      script: "init",
      input: {
        first,
        overlay: overlayNetwork(context.config),
        certificateExpiry: context.config.certificateExpiry,
        client: clientOf(context),
      },
    },
    { parent, dependsOn: [...prepared], deletedWith: context.lifetime, ignoreChanges: ["*"] },
  );
  return { step, swarmId: step.stdout.apply((stdout) => readJson(stdout, "init").swarmId) };
}

/** Steps print one JSON object. */
function readJson(stdout: string, step: string): { readonly swarmId: string } {
  const parsed: unknown = JSON.parse(stdout);
  if (typeof parsed === "object" && parsed !== null && "swarmId" in parsed && typeof parsed.swarmId === "string") {
    return { swarmId: parsed.swarmId };
  }
  throw new Error(`the step ${step} printed something else than a cluster id: ${stdout.slice(0, 200)}`);
}
