import type { DockerCall } from "./docker-api";
import { missingReplicas, readReplicas } from "./global-service";
import type { Match } from "./match";
import type { Problem, Replicas } from "./model";
import { commands } from "./words";

/** The ingress's service: stack `ingress`, service `traefik`. */
const SERVICE = { role: "worker", name: "ingress_traefik", what: "ingress" } as const;

/** Asks a manager. @throws Error when it can't be asked, or there is no such service */
export function readIngress(call: DockerCall): Promise<Replicas> {
  return readReplicas(call, SERVICE.name);
}

/** Workers on which no replica of the ingress runs. Pure. */
export function ingressProblems(
  stack: string,
  matches: readonly Match[],
  live: { readonly replicas: Replicas } | { readonly error: string } | undefined,
): Problem[] {
  const kind = "ingress";
  if (live === undefined) return [];
  if ("error" in live) {
    const text = `The managers can't tell how the ingress is (${live.error}): ${commands(stack).up}`;
    return [{ kind, hosts: [], text }];
  }
  return missingReplicas(stack, matches, live.replicas, SERVICE).map((missing) => ({ kind, ...missing }));
}
