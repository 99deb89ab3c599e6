import { z } from "zod";
import { SERVICES } from "../../plan/stack-names";
import type { DockerCall } from "./docker-api";
import { missingReplicas, readReplicas } from "./global-service";
import type { Match } from "./match";
import type { LiveIngress, Problem } from "./model";
import { commands, list } from "./words";

/** The ingress's service. */
const SERVICE = { role: "worker", name: SERVICES.traefik, what: "ingress" } as const;

/** The service without tasks whose labels make `/ping` answer: see stacks/ingress.yml. */
const PING = SERVICES.ping;

/** Its labels. Traefik takes them from any service, in upper or lower case. */
const PING_LABEL = /^traefik\.http\.(routers|services)\.swarm-ha-ping\./i;

/** `GET /services`, as far as it is of interest. Source: Docker Engine API v1.41. */
const servicesSchema = z.array(
  z.object({ Spec: z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() }) }),
);

/** Asks a manager. @throws Error when it can't be asked, or there is no such service */
export async function readIngress(call: DockerCall): Promise<LiveIngress> {
  const [replicas, services] = await Promise.all([readReplicas(call, SERVICE.name), call("GET", "/services")]);
  const ping = servicesSchema
    .parse(services)
    .filter(({ Spec }) => Object.keys(Spec.Labels ?? {}).some((label) => PING_LABEL.test(label)))
    .map(({ Spec }) => Spec.Name)
    .sort();
  return { ping, replicas };
}

/**
 * Problems of `/ping`, and workers without a replica of the ingress. Pure.
 *
 * @param step URN of the step that deploys it @default it isn't known
 */
export function ingressProblems(
  stack: string,
  matches: readonly Match[],
  live: LiveIngress | { readonly error: string } | undefined,
  step?: string,
): Problem[] {
  const kind = "ingress";
  if (live === undefined) return [];
  if ("error" in live) {
    const text = `The ingress's replicas can't be listed (${live.error}): ${commands(stack).repair}`;
    return [{ kind, hosts: [], text }];
  }
  const missing = missingReplicas(stack, matches, live.replicas, SERVICE);
  return [...pingProblems(stack, live.ping, step), ...missing].map((problem) => ({ kind, ...problem }));
}

/** Without the route, or with another one of its name, every replica's `/ping` is a 404, and all are unhealthy. */
function pingProblems(stack: string, ping: readonly string[], step?: string): Omit<Problem, "kind">[] {
  const { docker, repair } = commands(stack);
  const others = ping.filter((name) => name !== PING);
  const gone =
    `The service ${PING} lacks the labels of the ingress's /ping: no worker becomes healthy, and the load balancer ` +
    `sends them no connections. Deploy it again: ${repair}`;
  const taken =
    `${list(others)} defines Traefik's router or service swarm-ha-ping, which the ingress defines itself: its /ping fails, ` +
    `and the load balancer sends the workers no connections. Remove it, or its labels: ${docker} service rm ${others.join(" ")}`;
  return [
    ...(ping.includes(PING) ? [] : [{ hosts: [], text: gone, ...(step === undefined ? {} : { redo: step }) }]),
    ...(others.length === 0 ? [] : [{ hosts: [], text: taken }]),
  ];
}
