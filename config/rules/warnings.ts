import { tasksPerWorker } from "../../plan/addressing";
import { spread } from "../../plan/placement";
import { keyText } from "../problem";
import type { CommonConfig } from "../schema/types";

/** Nodes that get an address in the swarm's ingress network, which is a /24. */
const INGRESS_ADDRESSES = 250;

/** Tasks for each worker in the applications' network, below which a warning is due. */
const FEW_TASKS = 10;

/** Warnings about accepted values. */
export function warnings(
  config: Pick<CommonConfig, "zones" | "managers" | "registry" | "workers" | "network">,
): string[] {
  const found: string[] = [];
  if (config.managers.count === 1) {
    found.push(
      `${keyText(["managers", "count"])} is 1: no fault tolerance. When that manager is lost, so is the swarm; use 3 to survive the loss of one.`,
    );
  }
  for (const [name, { count, zones = config.zones }] of Object.entries(config.workers)) {
    const used = [...spread(count, zones)].filter(([, inZone]) => inZone > 0);
    if (count >= 3 && used.length === 1) {
      found.push(
        `${keyText(["workers", name, "zones"])}: all ${count} hosts of the pool lie in ${used[0]?.[0] ?? ""}. Services that only fit there stop with that zone.`,
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
