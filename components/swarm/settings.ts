import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { SWARM_SETTINGS } from "../../plan/stack-names";
import { bastionStep } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";
import { externalCaOf } from "./external-ca";

/**
 * Sets the swarm's own settings: the validity of its nodes' certificates, who signs them, and autolock. Runs on the bastion,
 * through any manager, when one of them changes. With autolock it prints the unlock key.
 */
export function settings(
  context: SwarmContext,
  after: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): command.remote.Command {
  const { certificateExpiry, autolock } = context.config;
  return bastionStep(
    SWARM_SETTINGS,
    {
      connection: context.bastion.connection,
      script: "swarm-settings",
      secretOutput: autolock === true,
      input: {
        certificateExpiry,
        ...(autolock === undefined ? {} : { autolock }),
        ...externalCaOf(context),
        client: clientOf(context),
      },
    },
    { parent, dependsOn: [...after], deletedWith: context.lifetime },
  );
}
