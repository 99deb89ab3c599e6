import * as pulumi from "@pulumi/pulumi";
import { overlayNetwork } from "../../plan/addressing";
import { bastionStep, resultOf } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";
import type { ManagerAddress } from "./bastion";

/**
 * Founds the swarm, or finds the one that there is. Runs on the bastion.
 *
 * It waits by itself until every manager's engine answers. A dependency on their preparation would make each manager's
 * way back depend on all others': managers that are replaced in the same run would wait for each other.
 *
 * After birth this step is history: whatever changes in its inputs is ignored, and it never dials the first manager
 * again, which may be replaced or dead by then.
 *
 * @returns The cluster id.
 */
export function init(
  first: ManagerAddress,
  bastion: pulumi.Resource,
  context: SwarmContext,
  parent: pulumi.Resource,
): { readonly step: pulumi.Resource; readonly swarmId: pulumi.Output<string> } {
  const step = bastionStep(
    "init",
    {
      connection: context.bastion.connection,
      script: "init",
      input: {
        first,
        overlay: overlayNetwork(context.config),
        certificateExpiry: context.config.certificateExpiry,
        client: clientOf(context),
      },
    },
    { parent, dependsOn: [bastion], deletedWith: context.lifetime, ignoreChanges: ["*"] },
  );
  return { step, swarmId: resultOf<{ swarmId: string }>(step).swarmId };
}
