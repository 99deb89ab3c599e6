import type { DesiredNode, StackOutputs } from "../../components/outputs";
import { isHost } from "../../plan/roles";
import { UNKNOWN, type Machine } from "./deployment";
import type { Desired, DesiredServices } from "./model";

/**
 * What the stack wants, from its outputs and its state.
 *
 * The outputs are of the last `up` that finished, with errors or without. Where the state differs, it is newer: its hosts
 * are wanted, with their identities.
 *
 * @param machines hosts, bastion and load balancers in the state
 * @param services the services that its steps have deployed @default none
 */
export function desiredOf(
  stack: string,
  outputs: StackOutputs,
  machines: readonly Machine[],
  services: readonly DesiredServices[] = [],
): Desired {
  const hosts = new Map(machines.filter(isHost).map((machine) => [machine.name, machine]));
  const known = outputs.access.nodes;
  const current = known.map((node): DesiredNode => ({
    ...node,
    address: outputs.hosts[node.name]?.address ?? UNKNOWN,
    identity: hosts.get(node.name)?.id ?? "",
  }));
  const added = [...hosts.values()]
    .filter((machine) => !known.some((node) => node.name === machine.name))
    .map((machine): DesiredNode => {
      const pool = machine.role === "worker" ? machine.name.replace(/-\d+$/, "") : machine.role;
      const sibling = known.find((node) => node.pool === pool);
      return {
        name: machine.name,
        role: machine.role,
        zone: machine.zone,
        pool,
        address: UNKNOWN,
        identity: machine.id,
        labels: sibling?.labels ?? {},
      };
    });
  return {
    stack,
    swarmId: outputs.swarmId,
    nodes: [...current, ...added],
    loadBalancers: outputs.access.loadBalancers,
    services,
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
