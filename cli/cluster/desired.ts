import type { DesiredNode, StackOutputs } from "../../components/outputs";
import { isHost } from "../../plan/roles";
import { UNKNOWN, type Instance } from "./deployment";
import type { Desired, DesiredServices, DesiredSettings } from "./model";

/**
 * What the stack wants, from its outputs and its state.
 *
 * The outputs are of the last `up` that finished, with errors or without. Where the state differs, it is newer: its hosts
 * are wanted, with their identities.
 *
 * @param instances hosts, bastion and load balancers in the state
 * @param services the services that its steps have deployed @default none
 * @param settings the swarm's settings that its step has set @default none are known
 */
export function desiredOf(
  stack: string,
  outputs: StackOutputs,
  instances: readonly Instance[],
  services: readonly DesiredServices[] = [],
  settings?: DesiredSettings,
): Desired {
  const hosts = new Map(instances.filter(isHost).map((instance) => [instance.name, instance]));
  const known = outputs.access.nodes;
  const current = known.map((node): DesiredNode => ({
    ...node,
    address: outputs.hosts[node.name]?.address ?? UNKNOWN,
    identity: hosts.get(node.name)?.id ?? "",
  }));
  const added = [...hosts.values()]
    .filter((instance) => !known.some((node) => node.name === instance.name))
    .map((instance): DesiredNode => {
      const pool = instance.role === "worker" ? instance.name.replace(/-\d+$/, "") : instance.role;
      const sibling = known.find((node) => node.pool === pool);
      return {
        name: instance.name,
        role: instance.role,
        zone: instance.zone,
        pool,
        address: UNKNOWN,
        identity: instance.id,
        labels: sibling?.labels ?? {},
      };
    });
  return {
    stack,
    swarmId: outputs.swarmId,
    nodes: [...current, ...added],
    loadBalancers: outputs.access.loadBalancers,
    services,
    ...(settings === undefined ? {} : { settings }),
    renewalDays: outputs.access.renewalDays,
    ...domainOf(outputs.endpoints.app),
    unfinished: [
      ...current.filter((node) => node.identity === "").map((node) => node.name),
      ...added.map((node) => node.name),
    ],
  };
}

/** The domain, from where applications answer: `https://*.app.<domain>[:port]`. */
function domainOf(app: string | undefined): { domain?: string } {
  const domain = /^https:\/\/\*\.app\.([^:/]+)/.exec(app ?? "")?.[1];
  return domain === undefined ? {} : { domain };
}
