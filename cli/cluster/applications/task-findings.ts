import { span } from "../words";
import type { IngressFinding, LiveApplications, Network } from "./model";

/** Seconds that a task may take to get its addresses. */
const PATIENCE = 10;

/** Share of a network's addresses in use from which it counts as full: the Docker API doesn't show all of those in use. */
const FULL = 0.95;

/**
 * Tasks that wait in New: the managers haven't given them addresses. Pure.
 *
 * @param now for their ages
 */
export function taskFindings({ services, networks, waiting }: LiveApplications, now: Date): IngressFinding[] {
  const stuck = waiting.filter(({ state, since }) => state === "new" && age(since, now) > PATIENCE);
  return [...new Set(stuck.map(({ service }) => service))].map((service): IngressFinding => {
    const tasks = stuck.filter((task) => task.service === service);
    const oldest = Math.max(...tasks.map(({ since }) => age(since, now)));
    const own = services.find(({ name }) => name === service)?.networks ?? [];
    const full = networks.filter((network) => own.includes(network.id) && network.used >= FULL * roomOf(network));
    const reason = tasks.find((task) => task.reason !== "")?.reason;
    const why =
      full.length > 0
        ? full
            .map(
              (network) =>
                `the network ${network.name} (${network.subnet}) has no address left: at least ${String(network.used)} of ${String(roomOf(network))} are in use`,
            )
            .join("; ")
        : (reason ?? "the managers give no reason");
    const remedy =
      full.length > 0
        ? "Scale down, remove services, or move some to a network of their own"
        : `Look for ${service} in the logs of the managers' Docker engines`;
    const count = tasks.length === 1 ? "1 task waits" : `${String(tasks.length)} tasks wait`;
    const text = `${service}: ${count} in New for ${span(oldest)}: ${why}. ${remedy}`;
    return { service, label: "", text, level: "problem" };
  });
}

/** How many addresses a network has for tasks: not its first and last one, nor the gateway's. */
function roomOf({ subnet }: Network): number {
  const bits = Number(/\/(\d+)$/.exec(subnet)?.[1] ?? "0");
  return 2 ** (32 - bits) - 3;
}

function age(since: string, now: Date): number {
  return (now.getTime() - new Date(since).getTime()) / 1000;
}
