/** Health of targets as DescribeTargetHealth tells it. Source: API reference, TargetHealth. */
import type { Cloud } from "./cloud";

/** A target's health. */
export interface TargetHealth {
  readonly id: string;
  readonly port: number;
  readonly state: "initial" | "healthy" | "unhealthy" | "unused" | "draining";
  readonly reason?: string;
  readonly description?: string;
}

/** The targets of a group. */
export async function targetHealth(cloud: Cloud, groupArn: string): Promise<TargetHealth[]> {
  const { targetGroups, listeners, balancers } = cloud.state;
  const group = targetGroups.get(groupArn);
  if (group === undefined) return [];
  const listener = [...listeners.values()].find((one) => one.targetGroup === groupArn);
  const balancer = balancers.get(listener?.balancer ?? "");
  const seen = balancer === undefined ? [] : await cloud.substrate.targets(balancer.name);
  return group.targets.map(({ id, port, draining }): TargetHealth => {
    if (draining)
      return {
        id,
        port,
        state: "draining",
        reason: "Target.DeregistrationInProgress",
        description: "Target deregistration is in progress",
      };
    if (listener === undefined)
      return {
        id,
        port,
        state: "unused",
        reason: "Target.NotInUse",
        description: "Target group is not configured to receive traffic from the load balancer",
      };
    const found = seen.find((one) => one.id === id && one.port === listener.port);
    if (found?.state === "healthy") return { id, port, state: "healthy" };
    if (found?.state === "unhealthy")
      return {
        id,
        port,
        state: "unhealthy",
        reason: "Target.FailedHealthChecks",
        description: found.reason === "" ? "Health checks failed" : found.reason,
      };
    return {
      id,
      port,
      state: "initial",
      reason: "Elb.InitialHealthChecking",
      description: "Initial health checks in progress",
    };
  });
}
