/** The Docker engine's objects in a local stack's state. */
import { LABELS } from "../../../../plan/labels";
import { z } from "zod";
import { resourcesOf, type Deployment } from "../../../cluster/deployment";

const instanceSchema = z.object({
  container: z.string(),
  hostname: z.string(),
  labels: z.record(z.string(), z.string()),
  network: z.string(),
  address: z.string(),
  nested: z.boolean(),
  volumes: z.array(z.string()).optional(),
});

const networkSchema = z.object({ name: z.string(), stack: z.string(), subnet: z.string(), gateway: z.string() });

/** A host, bastion or load balancer in the state, without secrets. */
export interface KnownInstance extends z.infer<typeof instanceSchema> {
  /** Its name in the stack. */
  readonly name: string;
  readonly urn: string;
  /** The id of its first container. */
  readonly identity: string;
  /** Label `swarm-ha.role`. */
  readonly role: string;
}

/** What a state has on the Docker engine. */
export interface KnownObjects {
  /** @default the stack has none yet */
  readonly network?: z.infer<typeof networkSchema>;
  readonly instances: readonly KnownInstance[];
}

/** Types of the local platform's resources. */
const TYPE = { instance: "swarm-ha:Container", network: "swarm-ha:Network" } as const;

/** Reads a deployment. Hosts that the next `up` replaces anyway are left out. Pure. */
export function objectsIn(deployment: Deployment): KnownObjects {
  const resources = resourcesOf(deployment);
  const network = resources.find(({ type }) => type.endsWith(TYPE.network));
  const instances = resources.flatMap((resource): KnownInstance[] => {
    if (!resource.type.endsWith(TYPE.instance) || resource.pendingReplacement === true || resource.taint === true)
      return [];
    const instance = instanceSchema.safeParse(resource.outputs);
    if (!instance.success || resource.id === undefined) return [];
    const { labels } = instance.data;
    const name = labels[LABELS.host] ?? instance.data.hostname;
    return [{ ...instance.data, name, urn: resource.urn, identity: resource.id, role: labels[LABELS.role] ?? "" }];
  });
  instances.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return { ...(network === undefined ? {} : { network: networkSchema.parse(network.outputs) }), instances };
}
