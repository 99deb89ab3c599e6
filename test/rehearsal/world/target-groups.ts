/** Target groups and their targets. */
import { z } from "zod";
import { arnOf, type Cloud } from "./cloud";
import { isRefusal, refusals } from "./errors";
import { newHex } from "./ids";
import type { Fields, Kind, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A registered instance. */
export interface RegisteredTarget {
  readonly id: string;
  readonly port: number;
  /** Whether it is being deregistered. */
  draining: boolean;
}

/** A target group, by its ARN. */
export interface TargetGroup extends Kept {
  readonly name: string;
  readonly vpc: string;
  readonly port: number;
  readonly protocol: string;
  settings: Settings;
  targets: readonly RegisteredTarget[];
}

const refuse = refusals("Elastic Load Balancing v2");

const settingsOf = z.object({
  proxyProtocolV2: z.boolean().default(false),
  deregistrationDelay: z.coerce.number().default(300),
  healthCheck: z
    .object({
      protocol: z.enum(["TCP", "HTTP", "HTTPS"]).default("TCP"),
      port: z.string().default("traffic-port"),
      path: z.string().default("/"),
      interval: z.number().default(30),
      timeout: z.number().default(10),
      healthyThreshold: z.number().default(5),
      unhealthyThreshold: z.number().default(2),
    })
    .prefault({}),
  targetHealthStates: z.array(z.object({ enableUnhealthyConnectionTermination: z.boolean() })).default([]),
});

/** What may change in place. */
export type Settings = z.infer<typeof settingsOf>;

const inputsOf = z.object({
  name: z.string(),
  vpcId: z.string(),
  port: z.number(),
  protocol: z.string(),
  targetType: z.string().default("instance"),
});

function groupKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const outputs = (group: TargetGroup): Fields => ({
    arn: group.arn,
    arnSuffix: group.arn.split(":").at(-1) ?? "",
    name: group.name,
  });
  return {
    create(fields) {
      const operation = "CreateTargetGroup";
      const inputs = inputsOf.parse(fields);
      if (!state.vpcs.has(inputs.vpcId))
        throw refuse(operation, "ValidationError", `The VPC ID '${inputs.vpcId}' is not found`);
      if ([...state.targetGroups.values()].some(({ name }) => name === inputs.name))
        throw refuse(
          operation,
          "DuplicateTargetGroupName",
          `A target group with the same name '${inputs.name}' exists, but with different settings`,
        );
      const arn = arnOf(cloud, "elasticloadbalancing", `targetgroup/${inputs.name}/${newHex(16)}`);
      const group: TargetGroup = {
        id: arn,
        arn,
        tags: tagsOf(fields),
        name: inputs.name,
        vpc: inputs.vpcId,
        port: inputs.port,
        protocol: inputs.protocol,
        settings: settingsOf.parse(fields),
        targets: [],
      };
      state.targetGroups.set(arn, group);
      return Promise.resolve({ id: arn, outputs: outputs(group) });
    },
    read(id) {
      const group = state.targetGroups.get(id);
      return group && outputs(group);
    },
    async update(id, fields) {
      const group = state.targetGroups.get(id);
      if (group === undefined)
        throw refuse("ModifyTargetGroup", "TargetGroupNotFound", `One or more target groups not found`);
      group.settings = settingsOf.parse(fields);
      group.tags = tagsOf(fields);
      await cloud.network.changed();
      return outputs(group);
    },
    // internal/service/elbv2/target_group.go: ResourceInUse is retried for 2 minutes.
    delete: (id) =>
      clock.retry(
        120,
        (error) => isRefusal(error, "ResourceInUse"),
        () => {
          if ([...state.listeners.values()].some((one) => one.targetGroup === id))
            throw refuse(
              "DeleteTargetGroup",
              "ResourceInUse",
              `Target group '${id}' is currently in use by a listener or a rule`,
            );
          state.forget(state.targetGroups, id);
        },
      ),
  };
}

const attachmentOf = z.object({ targetGroupArn: z.string(), targetId: z.string(), port: z.number().optional() });

/** RegisterTargets. Source: API reference, its error InvalidTarget. */
function register(cloud: Cloud, fields: Fields): void {
  const operation = "RegisterTargets";
  const { targetGroupArn, targetId, port } = attachmentOf.parse(fields);
  const group = cloud.state.targetGroups.get(targetGroupArn);
  if (group === undefined)
    throw refuse(operation, "TargetGroupNotFound", `Target groups '${targetGroupArn}' not found`);
  const instance = cloud.state.instances.get(targetId);
  if (instance === undefined)
    throw refuse(operation, "InvalidTarget", `The following targets are not valid instances: '${targetId}'`);
  if (instance.vpc !== group.vpc)
    throw refuse(
      operation,
      "InvalidTarget",
      `The following targets are not in the target group VPC '${group.vpc}': '${targetId}'`,
    );
  if (instance.state !== "running")
    throw refuse(
      operation,
      "InvalidTarget",
      `The following targets are not in a running state and cannot be registered: '${targetId}'`,
    );
  const target = { id: targetId, port: port ?? group.port, draining: false };
  group.targets = [...group.targets.filter((one) => one.id !== target.id || one.port !== target.port), target];
}

function attachmentKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const find = (fields: Fields): RegisteredTarget | undefined => {
    const { targetGroupArn, targetId, port } = attachmentOf.parse(fields);
    const group = state.targetGroups.get(targetGroupArn);
    return group?.targets.find((one) => one.id === targetId && one.port === (port ?? group.port));
  };
  return {
    // internal/service/elbv2/target_group_attachment.go: InvalidTarget "not in a running state" is retried for 10 minutes.
    async create(fields) {
      await clock.retry(
        600,
        (error) => isRefusal(error, "InvalidTarget") && error.text.includes("not in a running state"),
        () => {
          register(cloud, fields);
        },
      );
      await cloud.network.changed();
      return { id: `${attachmentOf.parse(fields).targetGroupArn}-${newHex(26)}`, outputs: {} };
    },
    read(_id, fields) {
      const target = find(fields);
      return target === undefined || target.draining ? undefined : {};
    },
    update: () => Promise.resolve({}),
    // Connections go on for the deregistration delay; the provider doesn't wait for it.
    async delete(_id, fields) {
      const target = find(fields);
      const group = state.targetGroups.get(attachmentOf.parse(fields).targetGroupArn);
      if (target === undefined || group === undefined) return;
      target.draining = true;
      await cloud.network.changed();
      void clock.wait(group.settings.deregistrationDelay).then(() => {
        group.targets = group.targets.filter((one) => one !== target);
      });
    },
  };
}

/** The kinds of this file. */
export function targetGroupKinds(cloud: Cloud): Kinds {
  return {
    "lb/targetGroup:TargetGroup": groupKind(cloud),
    "lb/targetGroupAttachment:TargetGroupAttachment": attachmentKind(cloud),
  };
}
