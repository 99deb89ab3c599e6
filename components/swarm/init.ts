import * as pulumi from "@pulumi/pulumi";
import { overlayNetwork } from "../../plan/addressing";
import { bastionStep, resultOf } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";
import { externalCaOf } from "./external-ca";
import type { ManagerAddress } from "./bastion";

/**
 * Creates the swarm, or finds the existing one. Runs on the bastion.
 *
 * The script waits until every manager's Docker engine answers. If it depended on their prepare steps, each manager's
 * replacement would depend on all others': managers that are replaced in the same run would wait for each other.
 *
 * Once the swarm exists, changes of this step's inputs are ignored, and it never dials the first manager
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
        ...externalCaOf(context),
        client: clientOf(context),
      },
    },
    { parent, dependsOn: [bastion], deletedWith: context.lifetime, ignoreChanges: ["*"] },
  );
  return { step, swarmId: resultOf<{ swarmId: string }>(step).swarmId };
}
