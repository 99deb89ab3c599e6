/** Log groups, flow logs and alarms. Nothing is written into them. */
import { z } from "zod";
import { arnOf, type Cloud } from "./cloud";
import { refusals } from "./errors";
import { newId } from "./ids";
import type { Kind, Kinds } from "./kind";
import type { Kept } from "./state";
import { tagsOf } from "./tags";

/** A log group, by its name. */
export interface LogGroupRecord extends Kept {
  readonly name: string;
  days: number;
}

/** A flow log. */
export interface FlowLogRecord extends Kept {
  readonly vpc: string;
}

/** An alarm, by its name. */
export interface AlarmRecord extends Kept {
  readonly name: string;
}

const logs = refusals("CloudWatch Logs");
const ec2 = refusals("EC2");

function logGroupKind(cloud: Cloud): Kind {
  const { state } = cloud;
  const inputsOf = z.object({ name: z.string(), retentionInDays: z.number().default(0) });
  return {
    create(fields) {
      const { name, retentionInDays } = inputsOf.parse(fields);
      if (state.logGroups.has(name))
        throw logs("CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists");
      const arn = arnOf(cloud, "logs", `log-group:${name}`);
      state.logGroups.set(name, { id: name, arn, tags: tagsOf(fields), name, days: retentionInDays });
      return Promise.resolve({ id: name, outputs: { arn, name } });
    },
    read(id) {
      const group = state.logGroups.get(id);
      return group && { arn: group.arn, name: id };
    },
    update(id, fields) {
      const group = state.logGroups.get(id);
      if (group !== undefined) {
        group.days = inputsOf.parse(fields).retentionInDays;
        group.tags = tagsOf(fields);
      }
      return Promise.resolve({});
    },
    delete(id) {
      state.forget(state.logGroups, id);
      return Promise.resolve();
    },
  };
}

function flowLogKind(cloud: Cloud): Kind {
  const { state, clock } = cloud;
  const inputsOf = z.object({ vpcId: z.string(), logDestination: z.string(), iamRoleArn: z.string() });
  return {
    create(fields) {
      const { vpcId, logDestination, iamRoleArn } = inputsOf.parse(fields);
      const operation = "CreateFlowLogs";
      if (!state.vpcs.has(vpcId)) throw ec2(operation, "InvalidVpcId.NotFound", `The vpc ID '${vpcId}' does not exist`);
      const role = [...state.roles.values()].find((one) => one.arn === iamRoleArn);
      const trusted = role?.trust.Statement.some(
        ({ Principal }) =>
          typeof Principal === "object" && Principal["Service"]?.includes("vpc-flow-logs.amazonaws.com"),
      );
      if (trusted !== true) throw ec2(operation, "InvalidParameter", "Unable to assume given IAM role");
      // AWS makes the flow log, which then fails with "Access error": nothing tells the provider.
      const may = [...(role?.policies.values() ?? [])].some(({ counts }) => counts <= clock.after(60));
      if (!may) throw ec2(operation, "InvalidParameter", "The role of the flow log has no policy");
      if (![...state.logGroups.values()].some(({ arn }) => arn === logDestination))
        throw ec2(operation, "InvalidParameter", `LogDestination: ${logDestination} does not exist`);
      const id = newId("fl");
      const arn = arnOf(cloud, "ec2", `vpc-flow-log/${id}`);
      state.flowLogs.set(id, { id, arn, tags: tagsOf(fields), vpc: vpcId });
      return Promise.resolve({ id, outputs: { arn } });
    },
    read(id) {
      const one = state.flowLogs.get(id);
      return one && { arn: one.arn };
    },
    update(id, fields) {
      const one = state.flowLogs.get(id);
      if (one !== undefined) one.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    delete(id) {
      state.forget(state.flowLogs, id);
      return Promise.resolve();
    },
  };
}

/** PutMetricAlarm makes or changes; AWS asks nothing of its metric or topic. */
function alarmKind(cloud: Cloud): Kind {
  const { state } = cloud;
  return {
    create(fields) {
      const { name } = z.object({ name: z.string() }).parse(fields);
      const arn = arnOf(cloud, "cloudwatch", `alarm:${name}`);
      state.alarms.set(name, { id: name, arn, tags: tagsOf(fields), name });
      return Promise.resolve({ id: name, outputs: { arn, name } });
    },
    read(id) {
      const one = state.alarms.get(id);
      return one && { arn: one.arn, name: id };
    },
    update(id, fields) {
      const one = state.alarms.get(id);
      if (one !== undefined) one.tags = tagsOf(fields);
      return Promise.resolve({});
    },
    delete(id) {
      state.forget(state.alarms, id);
      return Promise.resolve();
    },
  };
}

/** The kinds of this file. */
export function monitoringKinds(cloud: Cloud): Kinds {
  return {
    "cloudwatch/logGroup:LogGroup": logGroupKind(cloud),
    "cloudwatch/metricAlarm:MetricAlarm": alarmKind(cloud),
    "ec2/flowLog:FlowLog": flowLogKind(cloud),
  };
}
