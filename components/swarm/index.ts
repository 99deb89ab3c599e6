import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import type { Pki } from "../pki";
import type { Platform } from "../platform/types";
import type { SwarmContext } from "./context";
import { init } from "./init";
import { Member } from "./member";
import { prepareOperator, type ManagerAddress } from "./operator";
import { prepare } from "./prepare";

/** Arguments of {@link Swarm}. */
export interface SwarmArgs {
  /** The stack's configuration. */
  readonly config: StackConfig;
  /** Machines to make nodes of. */
  readonly platform: Platform;
  /** The stack's certificates. */
  readonly pki: Pki;
  /** The managers' fixed addresses, in the order of the plan. */
  readonly managers: readonly ManagerAddress[];
}

/** A swarm on the hosts of a platform, in the order init → join-manager → join-worker. */
export class Swarm extends pulumi.ComponentResource {
  /** The cluster id, recorded at birth. */
  public readonly swarmId: pulumi.Output<string>;

  public constructor(name: string, args: SwarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:swarm:Swarm", name, {}, opts);
    const { platform, config, pki } = args;
    const context: SwarmContext = { config, pki, operator: platform.operator, lifetime: platform.lifetime };
    const [first] = args.managers;
    if (first === undefined) throw new Error("a swarm needs a manager");

    const operator = prepareOperator(args.managers, context, this);
    const prepared = new Map(platform.hosts.map((host) => [host.name, prepare(host, context, this)]));
    const isManager = (host: { readonly role: string }): boolean => host.role === "manager";
    const preparedManagers = platform.hosts.filter(isManager).flatMap((host) => prepared.get(host.name) ?? []);

    const { step, swarmId } = init(first, [operator, ...preparedManagers], context, this);
    this.swarmId = swarmId;

    const join = (host: Platform["hosts"][number], after: readonly pulumi.Resource[]): Member => {
      const own = prepared.get(host.name);
      const dependencies = own === undefined ? after : [own, ...after];
      return new Member({ host, swarmId, context, after: dependencies }, { parent: this });
    };
    // Managers one by one: two changes of the Raft group at the same time put its quorum at risk.
    const managers: Member[] = [];
    for (const host of platform.hosts.filter(isManager)) {
      managers.push(join(host, [operator, step, ...managers.slice(-1).map((member) => member.node)]));
    }
    // Workers all at once, when the managers are whole.
    const whole = managers.map((member) => member.node);
    for (const host of platform.hosts.filter((candidate) => !isManager(candidate))) {
      join(host, [operator, ...whole]);
    }
    this.registerOutputs({ swarmId });
  }
}
