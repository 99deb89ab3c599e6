import { z } from "zod";
import { SERVICES } from "../../plan/stack-names";
import type { DockerCall } from "./docker-api";
import { missingReplicas, readReplicas } from "./global-service";
import type { Match } from "./match";
import type { LiveRegistry, Problem } from "./model";
import { commands } from "./words";

const SERVICE = SERVICES.registry;

/** Set on the registry's replicas while its garbage is collected; see scripts/registry-gc.sh. */
const READ_ONLY = "REGISTRY_STORAGE_MAINTENANCE_READONLY=";

/** `GET /services/…`, as far as it is of interest. Source: Docker Engine API v1.41. */
const serviceSchema = z.object({
  Spec: z.object({ TaskTemplate: z.object({ ContainerSpec: z.object({ Env: z.array(z.string()).nullish() }) }) }),
});

/** Asks a manager. @throws Error when it can't be asked, or there is no such service */
export async function readRegistry(call: DockerCall): Promise<LiveRegistry> {
  const [service, replicas] = await Promise.all([call("GET", `/services/${SERVICE}`), readReplicas(call, SERVICE)]);
  const env = serviceSchema.parse(service).Spec.TaskTemplate.ContainerSpec.Env ?? [];
  return { readOnly: env.some((line) => line.startsWith(READ_ONLY)), replicas };
}

/**
 * Registry hosts without a replica, and a registry that refuses pushes. Hosts that aren't Ready are other problems. Pure.
 */
export function registryProblems(
  stack: string,
  matches: readonly Match[],
  live: LiveRegistry | { readonly error: string } | undefined,
): Problem[] {
  const { repair } = commands(stack);
  const kind = "registry";
  if (live === undefined) return [];
  if ("error" in live) {
    return [{ kind, hosts: [], text: `The registry's replicas can't be listed (${live.error}): ${repair}` }];
  }
  const problems: Problem[] = [];
  if (live.readOnly) {
    const text =
      "The registry refuses pushes while its garbage is collected. If no collection is running, one was interrupted. " +
      `Finish it: npm run registry:gc -- ${stack}`;
    problems.push({ kind, hosts: [], text });
  }
  const service = { role: "registry", name: SERVICE, what: "registry" } as const;
  problems.push(
    ...missingReplicas(stack, matches, live.replicas, service).map((missing): Problem => ({ kind, ...missing })),
  );
  return problems;
}
