/** How the hosts of a stack are reached: from its outputs, or from its state where no `up` has finished. Pure. */
import { z } from "zod";
import { stackOutputsSchema, type Access } from "../../components/outputs";
import { allFacts } from "../platform/facts";
import { outputsOf, resourcesOf, UNKNOWN, unwrap, type Deployment } from "../cluster/deployment";
import { bastionLogin } from "../cluster/logins";
import type { HostAccess } from "../cluster/run-script";
import type { LiveStack, StackState } from "../cluster/stack";

/** An instance to look at. */
export interface Target {
  readonly name: string;
  /** `manager`, `registry`, `worker`, `bastion` or `load-balancer`. */
  readonly role: string;
  /** Private address. @default unknown */
  readonly address?: string;
}

/** See the top of this file. */
export interface Reach extends HostAccess {
  /** The bastion's sshd. @default the state doesn't have it yet */
  readonly bastion?: Access["bastion"];
  /** Hosts, the bastion, and load balancers that are instances. */
  readonly targets: readonly Target[];
}

/** The connection of a step's resource, as the command plugin takes it. */
const connectionSchema = z.object({
  host: z.string().min(1),
  port: z.number().default(22),
  user: z.string().default("root"),
  privateKey: z.string().min(1),
  hostKey: z.string().min(1),
});

const bastionSchema = stackOutputsSchema.shape.access.pick({ bastion: true });

/** Of a stack that is up. */
export function reachOf(stack: LiveStack): Reach {
  const { bastion } = stack.outputs.access;
  const known = stack.desired.nodes;
  return { ...reachOfState(stack), bastion, outputs: stack.outputs, ...hostsOf(stack, known) };
}

/** Of a stack as its state has it, whether or not its first `up` has finished. */
export function reachOfState({ stack, deployment, instances }: StackState): Reach {
  const bastion = bastionIn(deployment);
  return {
    stack,
    deployment,
    ...(bastion === undefined ? {} : { bastion }),
    ...hostsOf({ deployment, instances }, []),
    outputs: { access: { bastion: { privateKey: bastion?.privateKey ?? "" } } },
  };
}

/** The bastion of the outputs, which operations use; without outputs, as the steps of the last `up` dialled it. */
function bastionIn(deployment: Deployment): Access["bastion"] | undefined {
  const outputs = z.object({ access: bastionSchema }).safeParse(outputsOf(deployment));
  if (outputs.success) return outputs.data.access.bastion;
  const login = bastionLogin(deployment);
  if (login !== undefined) {
    const { address: host, ...rest } = login;
    return { host, ...rest };
  }
  for (const { type, inputs } of resourcesOf(deployment)) {
    if (type !== "command:remote:Command") continue;
    const read = connectionSchema.safeParse(unwrap(inputs?.["connection"]));
    if (read.success) return read.data;
  }
  return undefined;
}

/** @param known hosts of the outputs, whose addresses are certain */
function hostsOf(
  { deployment, instances }: Pick<StackState, "deployment" | "instances">,
  known: readonly { readonly name: string; readonly role: string; readonly address: string }[],
): Pick<Reach, "targets" | "desired"> {
  const keys = allFacts().map(({ types }) => types.address);
  const outputs = new Map(resourcesOf(deployment).map(({ urn, outputs: own }) => [urn, own ?? {}]));
  const inState = instances.map(({ name, role, urn }): Target => {
    const told = keys.map((key) => unwrap(outputs.get(urn)?.[key])).find((value) => typeof value === "string");
    const fixed = known.find((host) => host.name === name)?.address ?? UNKNOWN;
    const address = fixed === UNKNOWN ? told : fixed;
    return { name, role, ...(address === undefined ? {} : { address }) };
  });
  // Hosts that an `up` couldn't create.
  const missing = known.filter(({ name }) => !inState.some((target) => target.name === name));
  const targets = [...inState, ...missing.map(({ name, role }): Target => ({ name, role }))];
  return { targets, desired: { nodes: targets.map(({ name, address = UNKNOWN }) => ({ name, address })) } };
}
