import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import { IMAGE_OF, repositoryOf } from "../images";
import type { Pki } from "../pki";
import type { Platform } from "../platform/types";
import type { SwarmContext } from "./context";
import { init } from "./init";
import { Member } from "./member";
import { checkExternalCa } from "./external-ca";
import { prepareBastion, type ManagerAddress } from "./bastion";
import { prepare } from "./prepare";
import { registryFolder } from "./registry-folder";
import { settings } from "./settings";
import { resultOf } from "../ssh/remote-step";

/** Arguments of {@link Swarm}. */
export interface SwarmArgs {
  /** The stack's configuration. */
  readonly config: StackConfig;
  /** Hosts to make nodes of. */
  readonly platform: Platform;
  /** The stack's certificates. */
  readonly pki: Pki;
  /** The managers' fixed addresses, in the order of the plan. */
  readonly managers: readonly ManagerAddress[];
  /** The resource that refuses a change of address ranges. The hosts' steps depend on it. */
  readonly ranges: pulumi.Resource;
}

/** A swarm on the hosts of a platform, in the order init → join-manager → join-worker. */
export class Swarm extends pulumi.ComponentResource {
  /** The cluster id, recorded when the swarm is created. */
  public readonly swarmId: pulumi.Output<string>;
  /** The key that unlocks managers, a secret. @default autolock isn't configured */
  public readonly unlockKey?: pulumi.Output<string>;
  /** Inputs of further steps. */
  public readonly context: SwarmContext;
  /** Done when the bastion has the scripts of all other steps. */
  public readonly bastion: pulumi.Resource;
  /** By host name: done when it is a node in service, and has the image of the service that runs on it. */
  public readonly nodes: Readonly<Record<string, pulumi.Resource>>;

  public constructor(name: string, args: SwarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:swarm:Swarm", name, {}, opts);
    const { platform, config, pki } = args;
    const context: SwarmContext = {
      config,
      pki,
      bastion: platform.bastion,
      lifetime: platform.lifetime,
      registry: platform,
    };
    this.context = context;
    const [first] = args.managers;
    if (first === undefined) throw new Error("a swarm needs a manager");

    const bastion = (this.bastion = prepareBastion(args.managers, platform.hosts, context, this));
    const isManager = (host: { readonly role: string }): boolean => host.role === "manager";

    const { step, swarmId } = init(first, bastion, context, this);
    this.swarmId = swarmId;
    const nodes: Record<string, pulumi.Resource> = (this.nodes = {});
    const join = (host: Platform["hosts"][number], after: readonly pulumi.Resource[]): pulumi.Resource => {
      const image = IMAGE_OF[host.role];
      const kept = image === undefined ? [] : [repositoryOf(platform.images.reference(image))];
      const ready = prepare(host, context, kept, [bastion, args.ranges], this);
      const images = image === undefined ? [] : platform.images.onHost(image, host, [ready]);
      const folder = registryFolder(host, context, [ready], this);
      const member = new Member(
        { host, swarmId, context, after: [ready, ...folder, ...after], images },
        { parent: this },
      );
      return (nodes[host.name] = member.node);
    };
    // Managers join in turn, which the token step enforces at run time. A chain of dependencies would suffice for a new swarm, but
    // in a run that replaces several managers, each could wait for one that waits for its removal.
    const managers = platform.hosts.filter(isManager).map((host) => ({ host, node: join(host, [bastion, step]) }));
    const joined = [bastion, ...managers.map(({ node }) => node)];
    // Workers join all at once, when all managers are in service.
    for (const host of platform.hosts.filter((candidate) => !isManager(candidate))) join(host, joined);
    // No step depends on the settings: without an external CA they need only the swarm.
    const checks = managers.flatMap(({ host, node }) => checkExternalCa(host, context, [bastion, node], this));
    const set = settings(context, [bastion, step, ...checks], this);
    if (config.autolock === true)
      this.unlockKey = pulumi.secret(resultOf<{ unlockKey: string }>(set).apply(({ unlockKey }) => unlockKey));
    this.registerOutputs({ swarmId });
  }
}
