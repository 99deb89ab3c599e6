import { tasksPerWorker } from "../../plan/addressing";
import { hostsByZone } from "../../plan/placement";
import type { Inventory } from "../inventory";
import { keyText } from "../problem";
import type { CommonConfig } from "../schema/types";

/** Nodes that get an address in the swarm's ingress network, which is a /24. */
const INGRESS_ADDRESSES = 250;

/** Tasks for each worker in the applications' network, below which a warning is due. */
const FEW_TASKS = 10;

/** Warnings about accepted values; `at`: where the configuration lists the hosts, if it does. */
export function warnings(
  config: Pick<CommonConfig, "zones" | "managers" | "registry" | "workers" | "network" | "inventory">,
  at?: Inventory["at"],
): string[] {
  const found: string[] = [];
  if (config.managers.count === 1) {
    const one = at === undefined ? `${keyText(["managers", "count"])} is 1` : `${keyText(at.hosts)} has 1 manager`;
    found.push(
      `${one}: no fault tolerance. When that manager is lost, so is the swarm; use 3 to survive the loss of one.`,
    );
  }
  for (const [name, { count, zones }] of Object.entries(config.workers)) {
    const used = [...hostsByZone(config, { pool: name, count, zones })].filter(([, inZone]) => inZone > 0);
    if (count >= 3 && used.length === 1) {
      found.push(
        `${at === undefined ? keyText(["workers", name, "zones"]) : keyText(at.hosts)}: all ${count} hosts of the pool ${at === undefined ? "" : `${name} `}lie in ${used[0]?.[0] ?? ""}. Services that only fit there stop with that zone.`,
      );
    }
  }
  const pools = Object.values(config.workers).reduce((sum, { count }) => sum + count, 0);
  const hosts = config.managers.count + config.registry.replicas + pools;
  if (hosts > INGRESS_ADDRESSES) {
    found.push(
      `the stack has ${hosts} hosts, and the swarm's ingress network has addresses for about ${INGRESS_ADDRESSES}: publish ports in host mode.`,
    );
  }
  const tasks = tasksPerWorker(config.network.apps, pools);
  if (tasks < FEW_TASKS) {
    found.push(
      `${keyText(["network", "apps"])} is ${config.network.apps}: the network that applications share has addresses for ${tasks} tasks on each of ${pools} workers. It stays for the life of a stack; further networks are yours to make (traefik.swarm.network).`,
    );
  }
  return found;
}
