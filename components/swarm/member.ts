import { LABELS } from "../../plan/labels";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../platform/types";
import { bastionStep, hostStep, resultOf } from "../ssh/remote-step";
import { clientOf, type SwarmContext } from "./context";

/** Arguments of {@link Member}. */
export interface MemberArgs {
  /** The host, prepared. */
  readonly host: Host;
  /** Cluster id: a node that reports another one is an error. */
  readonly swarmId: pulumi.Output<string>;
  /** Resources that must exist before it joins. */
  readonly after: readonly pulumi.Resource[];
  /** Resources that must exist before it is in service: the images of the services that then start on it. */
  readonly images: readonly pulumi.Resource[];
  /** Common inputs of the steps. */
  readonly context: SwarmContext;
}

/**
 * One host's membership in the swarm: the grant (token and managers), the join, and the node.
 *
 * Managers and workers differ only in the token. The first manager is no exception: creating the swarm isn't
 * joining it, and when it is replaced it joins like any other.
 */
export class Member extends pulumi.ComponentResource {
  /** In service: Ready, labelled. */
  public readonly node: pulumi.Resource;

  public constructor(args: MemberArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, context, swarmId } = args;
    super("swarm-ha:swarm:Member", host.name, {}, opts);
    const common = { parent: this, deletedWith: context.lifetime };
    const role = host.role === "manager" ? "manager" : "worker";

    // Fetched at run time and for this host only, so it is always current, and a preview of one more worker shows only that.
    const token = bastionStep(
      `token-${host.name}`,
      {
        connection: context.bastion.connection,
        script: "token",
        triggers: [host.identity],
        secretOutput: true,
        input: {
          name: host.name,
          role,
          identity: host.identity,
          swarmId,
          epoch: context.config.joinEpoch,
          client: clientOf(context),
        },
      },
      { ...common, dependsOn: [...args.after] },
    );

    const join = hostStep(
      `join-${role}-${host.name}`,
      {
        connection: host.connection,
        script: "join",
        triggers: [host.identity],
        input: {
          name: host.name,
          address: host.address,
          swarmId,
          grant: resultOf<{ token: string; managers: string[] }>(token),
        },
      },
      common,
    );

    this.node = bastionStep(
      `node-${host.name}`,
      {
        connection: context.bastion.connection,
        script: "node",
        onDelete: "remove-node",
        triggers: [host.identity],
        input: {
          name: host.name,
          role,
          nodeId: resultOf<{ nodeId: string }>(join).nodeId,
          labels: pulumi.jsonStringify({
            [LABELS.role]: host.role,
            [LABELS.zone]: host.zone,
            [LABELS.pool]: host.pool,
            [LABELS.identity]: host.identity,
          }),
          // Managers run no tasks, which could slow down the Raft store.
          drained: host.role === "manager",
          client: clientOf(context),
        },
      },
      { ...common, dependsOn: [...args.images] },
    );
    this.registerOutputs({});
  }
}
