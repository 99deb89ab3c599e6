/** Listeners of load balancers. */
import { z } from "zod";
import type { Cloud } from "./cloud";
import { refusals } from "./errors";
import { newHex } from "./ids";
import type { Fields, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A listener, by its ARN. */
export interface Listener extends Kept {
  readonly balancer: string;
  port: number;
  protocol: string;
  /** ARN of the target group. */
  targetGroup: string;
}

const refuse = refusals("Elastic Load Balancing v2");

const inputsOf = z.object({
  loadBalancerArn: z.string(),
  port: z.number(),
  protocol: z.string(),
  certificateArn: z.string().optional(),
  defaultActions: z.array(z.object({ type: z.literal("forward"), targetGroupArn: z.string() })).length(1),
});

/** CreateListener and ModifyListener. Source: API reference, their errors. */
function check(cloud: Cloud, operation: string, fields: Fields, own?: string) {
  const { state } = cloud;
  const inputs = inputsOf.parse(fields);
  const { loadBalancerArn, port } = inputs;
  const balancer = state.balancers.get(loadBalancerArn);
  if (balancer === undefined || balancer.state === "deleting")
    throw refuse(operation, "LoadBalancerNotFound", `One or more load balancers not found`);
  const targetGroup = inputs.defaultActions[0]?.targetGroupArn ?? "";
  const group = state.targetGroups.get(targetGroup);
  if (group === undefined) throw refuse(operation, "TargetGroupNotFound", `Target groups '${targetGroup}' not found`);
  const others = [...state.listeners.values()].filter((one) => one.id !== own);
  if (others.some((one) => one.balancer === loadBalancerArn && one.port === port))
    throw refuse(
      operation,
      "DuplicateListener",
      `A listener already exists on this port for this load balancer '${loadBalancerArn}'`,
    );
  if (others.some((one) => one.targetGroup === targetGroup && one.balancer !== loadBalancerArn))
    throw refuse(
      operation,
      "TargetGroupAssociationLimit",
      `The following target groups cannot be associated with more than one load balancer: ${targetGroup}`,
    );
  if (group.vpc !== balancer.vpc)
    throw refuse(
      operation,
      "InvalidConfigurationRequest",
      `The target group '${targetGroup}' and the load balancer '${loadBalancerArn}' are in different VPCs`,
    );
  if (inputs.certificateArn !== undefined)
    throw refuse(
      operation,
      "CertificateNotFound",
      `Certificate '${inputs.certificateArn}' not found: ACM isn't simulated`,
    );
  if (inputs.protocol !== group.protocol)
    throw refuse(
      operation,
      "InvalidConfigurationRequest",
      `Listener protocol '${inputs.protocol}' must be '${group.protocol}'`,
    );
  return { balancer, port, protocol: inputs.protocol, targetGroup };
}

/** The kinds of this file. */
export function listenerKinds(cloud: Cloud): Kinds {
  const { state } = cloud;
  return {
    "lb/listener:Listener": {
      async create(fields) {
        const { balancer, ...what } = check(cloud, "CreateListener", fields);
        const arn = `${balancer.arn.replace(":loadbalancer/", ":listener/")}/${newHex(16)}`;
        state.listeners.set(arn, { id: arn, arn, tags: tagsOf(fields), balancer: balancer.arn, ...what });
        await cloud.network.changed();
        return { id: arn, outputs: { arn } };
      },
      read: (id) => (state.listeners.has(id) ? { arn: id } : undefined),
      async update(id, fields) {
        const listener = state.listeners.get(id);
        if (listener === undefined) throw refuse("ModifyListener", "ListenerNotFound", `Listener '${id}' not found`);
        const { port, protocol, targetGroup } = check(cloud, "ModifyListener", fields, id);
        Object.assign(listener, { port, protocol, targetGroup, tags: tagsOf(fields) });
        await cloud.network.changed();
        return { arn: id };
      },
      delete(id) {
        state.forget(state.listeners, id);
        return cloud.network.changed();
      },
    },
  };
}
