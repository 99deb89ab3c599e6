/** Images of the stack's own services: as the last `up` deployed them, and as they are now. */
import { parse } from "yaml";
import { z } from "zod";
import { dataIn } from "../../components/ssh/script";
import { nameOf, resourcesOf, unwrap, type Deployment } from "../cluster/deployment";
import type { DockerCall } from "../cluster/docker-api";
import { commands } from "../cluster/words";
import type { Difference } from "./differences";

/** Image by service. */
export type ServiceImages = Readonly<Record<string, string>>;

const composeSchema = z.object({ services: z.record(z.string(), z.object({ image: z.string().optional() })) });

const servicesSchema = z.array(
  z.object({
    Spec: z.object({
      Name: z.string(),
      TaskTemplate: z.object({ ContainerSpec: z.object({ Image: z.string() }).optional() }),
    }),
  }),
);

/** Asks a manager. */
export async function liveImages(call: DockerCall): Promise<ServiceImages> {
  const services = servicesSchema.parse(await call("GET", "/services"));
  return Object.fromEntries(
    services.flatMap(({ Spec: { Name, TaskTemplate } }) =>
      TaskTemplate.ContainerSpec === undefined ? [] : [[Name, TaskTemplate.ContainerSpec.Image]],
    ),
  );
}

/** From the input of the steps that deploy stacks of services (components/swarm/stack.ts). Pure. */
export function deployedImages(deployment: Deployment): ServiceImages {
  const found: Record<string, string> = {};
  for (const { type, urn, inputs } of resourcesOf(deployment)) {
    const stdin = unwrap(inputs?.["stdin"]);
    if (type !== "command:remote:Command" || !nameOf(urn).startsWith("stack-") || typeof stdin !== "string") continue;
    const given = new Map(dataIn(stdin));
    const valueOf = (_: string, name: string): string => given.get(`values.${name}`) ?? "";
    for (const [path, text] of given) {
      if (!path.startsWith("compose.")) continue;
      const compose = composeSchema.safeParse(parse(text, { merge: true }));
      for (const [name, { image }] of Object.entries(compose.data?.services ?? {})) {
        const reference = image?.replace(/\$\{(\w+):\?\}/g, valueOf) ?? "";
        if (reference !== "") found[`${given.get("stack") ?? ""}_${name}`] = reference;
      }
    }
  }
  return found;
}

/** Services that run another image than the last `up` deployed. Services that are gone are a problem of `status`. Pure. */
export function imageDifferences(stack: string, deployed: ServiceImages, live: ServiceImages): Difference[] {
  return Object.entries(deployed).flatMap(([name, wanted]): Difference[] => {
    const found = live[name];
    if (found === undefined || found === wanted) return [];
    const text =
      `The service ${name} has the image ${found}, and the last up deployed ${wanted}. Go back: ` +
      `${commands(stack).docker} service update --image ${wanted} ${name}`;
    return [{ kind: "image", hosts: [], text, repair: false }];
  });
}
