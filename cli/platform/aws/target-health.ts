/** Members of AWS's load balancers, and what these see of them. */
import { LABELS } from "../../../plan/labels";
import { z } from "zod";
import { messageOf } from "../../../components/message";
import type { LoadBalancerName } from "../../../plan/roles";
import { instancesOf, resourcesOf, type Deployment } from "../../cluster/deployment";
import type { LiveMember } from "../../cluster/model";
import type { Members } from "../types";
import { askAws, type AwsCall } from "./ask";

/** A target group of a load balancer, as the state has it. */
export interface TargetGroup {
  readonly tier: LoadBalancerName;
  readonly arn: string;
}

/** What `aws elbv2 describe-target-health` prints, as far as it is read here. */
export const targetHealthSchema = z.object({
  TargetHealthDescriptions: z.array(
    z.object({
      Target: z.object({ Id: z.string(), Port: z.number().optional() }),
      TargetHealth: z.object({ State: z.string(), Reason: z.string().optional(), Description: z.string().optional() }),
    }),
  ),
});

type TargetHealth = z.infer<typeof targetHealthSchema>["TargetHealthDescriptions"][number];

const LISTENER = "aws:lb/listener:Listener";
const LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer";

const listenerSchema = z.object({
  loadBalancerArn: z.string(),
  defaultActions: z.array(z.object({ targetGroupArn: z.string() })).min(1),
});

/**
 * The target groups of a state. A listener names both its load balancer and its target group; which load balancer that is,
 * the tag `swarm-ha.host` of the load balancer says. Pure.
 */
export function targetGroups(deployment: Deployment): TargetGroup[] {
  const resources = resourcesOf(deployment);
  const names = new Map(
    resources.flatMap(({ type, id, outputs }) => {
      const tags = outputs?.["tags"] as Record<string, string> | undefined;
      return type === LOAD_BALANCER && id !== undefined ? [[id, tags?.[LABELS.host] ?? ""] as const] : [];
    }),
  );
  return resources.flatMap(({ type, outputs }): TargetGroup[] => {
    const listener = type === LISTENER ? listenerSchema.safeParse(outputs) : undefined;
    if (listener?.success !== true) return [];
    const tier = tierOf(names.get(listener.data.loadBalancerArn) ?? "");
    const arn = listener.data.defaultActions[0]?.targetGroupArn;
    return tier === undefined || arn === undefined ? [] : [{ tier, arn }];
  });
}

/** The registry can have a second load balancer, `lb-registry-internal`, for the nodes alone. */
function tierOf(name: string): LoadBalancerName | undefined {
  return (["manager", "registry", "app"] as const).find(
    (tier) => name === `lb-${tier}` || name.startsWith(`lb-${tier}-`),
  );
}

/** Asks what a load balancer sees of its targets. The ARN names the region. */
function targetHealthCall(arn: string): AwsCall {
  const [, , , region = ""] = arn.split(":");
  return { operation: ["elbv2", "describe-target-health"], region, options: ["--target-group-arn", arn] };
}

/**
 * The members of a tier's load balancers, by all of its target groups: one is up when it is healthy in each. Pure.
 *
 * @param hosts Host names by instance id; an instance that isn't among them goes by its id
 */
export function membersIn(targets: readonly TargetHealth[], hosts: ReadonlyMap<string, string>): LiveMember[] {
  const byId = new Map<string, TargetHealth[]>();
  for (const target of targets) byId.set(target.Target.Id, [...(byId.get(target.Target.Id) ?? []), target]);
  return [...byId].map(([id, all]) => {
    const worst = all.find((one) => one.TargetHealth.State !== "healthy");
    return { name: hosts.get(id) ?? id, up: worst === undefined, check: worst === undefined ? "healthy" : said(worst) };
  });
}

/** `unhealthy on port 443: Target.FailedHealthChecks, Health checks failed`. */
function said({ Target, TargetHealth: { State, Reason, Description } }: TargetHealth): string {
  const port = Target.Port === undefined ? "" : ` on port ${Target.Port}`;
  const why = [Reason, Description].filter((text) => text !== undefined).join(", ");
  return `${State}${port}${why === "" ? "" : `: ${why}`}`;
}

/** Asks AWS for the members of all load balancers in a state. Never throws: what can't be asked is unknown. */
export async function askTargetHealth(deployment: Deployment): Promise<Members> {
  const hosts = new Map(instancesOf(deployment).map(({ id, name }) => [id, name]));
  const groups = targetGroups(deployment);
  const tiers = [...new Set(groups.map(({ tier }) => tier))];
  const found = await Promise.all(
    tiers.map(async (tier): Promise<[LoadBalancerName, Members[LoadBalancerName]]> => {
      try {
        const answers = await Promise.all(
          groups
            .filter((group) => group.tier === tier)
            .map(({ arn }) => askAws(targetHealthCall(arn), targetHealthSchema)),
        );
        return [
          tier,
          membersIn(
            answers.flatMap((one) => one.TargetHealthDescriptions),
            hosts,
          ),
        ];
      } catch (error) {
        return [tier, { unknown: `AWS couldn't be asked: ${messageOf(error)}` }];
      }
    }),
  );
  return Object.fromEntries(found);
}
