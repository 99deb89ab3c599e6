/** Hosts of load balancers that existed before the stack: whether each of them could carry the traffic. */
import { messageOf } from "../../components/message";
import type { Tunnel } from "../../components/ssh/bastion";
import { LOAD_BALANCER } from "../../plan/labels";
import { outputOf, runOnHostOrBastion } from "./host-shell";
import { bastionLogin, findLogin } from "./logins";
import type { IdleBalancer, Problem } from "./model";
import type { LiveStack } from "./stack";

/** What carries the traffic, and moves the virtual address. */
const SERVICES = ["haproxy", "keepalived"];
/** A line for each service: `active`, `failed`, `inactive`, … Its exit code only says whether all are active. */
const CALL = { command: `systemctl is-active ${SERVICES.join(" ")} || true`, input: "" };
/** Seconds for the question. */
const LIMIT = 8;

/** Asks all of them. Never throws. @returns those that can't carry the traffic; none where the platform creates its load balancers */
export async function readBalancerHosts(
  { deployment, instances }: Pick<LiveStack, "deployment" | "instances">,
  tunnel: Tunnel,
): Promise<IdleBalancer[]> {
  const bastion = bastionLogin(deployment);
  const found = await Promise.all(
    instances
      .filter(({ role }) => role === LOAD_BALANCER)
      .map(async ({ name: host }): Promise<IdleBalancer[]> => {
        const login = findLogin(host, { deployment, privateKey: "" });
        if (login === undefined) return [];
        try {
          const end = await runOnHostOrBastion(host, { login, bastion }, tunnel, CALL, LIMIT);
          const stopped = stoppedIn(outputOf(end));
          return stopped.length === 0 ? [] : [{ host, stopped }];
        } catch (error) {
          return [{ host, seen: messageOf(error) }];
        }
      }),
  );
  return found.flat();
}

/** Services that don't run, with their states: `keepalived (failed)`. Pure. @param states what `systemctl is-active` prints */
export function stoppedIn(states: string): string[] {
  const lines = states.split("\n").filter((line) => line !== "");
  return SERVICES.flatMap((service, index) => {
    const state = lines[index] ?? "unknown";
    // A reload lasts a moment.
    return state === "active" || state === "reloading" ? [] : [`${service} (${state})`];
  });
}

/** A problem for each. Pure. */
export function balancerHostProblems(idle: readonly IdleBalancer[]): Problem[] {
  return idle.map((one) => {
    const { host } = one;
    const text =
      "seen" in one
        ? `The load balancer host ${host} can't be asked (${one.seen}), so the virtual address may have no standby. ` +
          `Check power, console and network of ${host}`
        : `On the load balancer host ${host}, ${one.stopped.join(" and ")} doesn't run, so it can't carry the traffic. ` +
          `See why there: systemctl status haproxy keepalived. Then: systemctl restart haproxy keepalived`;
    return { kind: "loadBalancer", hosts: [host], text };
  });
}
