/** The stack's own services, compared with the swarm's. */
import { z } from "zod";
import { SERVICES } from "../../plan/stack-names";
import { nameOf, resourcesOf, unwrap, type Deployment } from "./deployment";
import type { DockerCall } from "./docker-api";
import type { Desired, DesiredServices, Problem } from "./model";
import { commands } from "./words";

/** What the step that deploys a stack of services prints (scripts/stack.sh). */
const printedSchema = z.object({ services: z.array(z.string()) });

/** `GET /services`, as far as it is of interest. Source: Docker Engine API v1.41. */
const servicesSchema = z.array(z.object({ Spec: z.object({ Name: z.string() }) }));

/** What fails without a service. */
const LOSS: Readonly<Record<string, string>> = {
  [SERVICES.registry]: "no image can be pulled or pushed",
  [SERVICES.traefik]: "no application can be reached",
  [SERVICES.ping]:
    "the ingress's /ping needs its labels: no worker becomes healthy, and the load balancer sends them no connections",
};

/** The services that a state's steps have deployed. Pure. */
export function servicesIn(deployment: Deployment): DesiredServices[] {
  return resourcesOf(deployment).flatMap(({ type, urn, outputs }): DesiredServices[] => {
    if (type !== "command:remote:Command" || !nameOf(urn).startsWith("stack-")) return [];
    const stdout = unwrap(outputs?.["stdout"]);
    if (typeof stdout !== "string" || stdout === "") return [];
    const printed = printedSchema.safeParse(JSON.parse(stdout));
    return printed.success ? [{ step: urn, names: printed.data.services }] : [];
  });
}

/** Asks a manager. @throws Error when it can't be asked */
export async function readServices(call: DockerCall): Promise<string[]> {
  return servicesSchema.parse(await call("GET", "/services")).map(({ Spec }) => Spec.Name);
}

/** URN of the step that deploys a service of the stack's own; undefined for any other service. */
export function stepOf({ services = [] }: Desired, name: string): string | undefined {
  return services.find(({ names }) => names.includes(name))?.step;
}

/** Services of the stack's own that are gone. Pure. */
export function serviceProblems({ stack, services = [] }: Desired, live: readonly string[] | undefined): Problem[] {
  if (live === undefined) return [];
  return services.flatMap(({ step, names }) =>
    names
      .filter((name) => !live.includes(name))
      .map((name): Problem => {
        const loss = LOSS[name] === undefined ? "" : `: ${LOSS[name]}`;
        const text = `The service ${name} is gone${loss}. Deploy it again: ${commands(stack).repair}`;
        return { kind: "service", hosts: [], text, redo: step };
      }),
  );
}
