import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as lb from "@pulumi/aws/lb";
import * as pulumi from "@pulumi/pulumi";
import { autoNamed, ELB_NAME } from "./auto-name";
import type { Listener, LoadBalancerSpec } from "./load-balancer-spec";
import type { Subnet } from "./network";
import { instanceTags } from "./tags";

/** Seconds that connections to a member stay open when it is removed. */
const DRAIN_SECONDS = 30;

/** Minutes that a member is unhealthy before an alarm: a replacement takes about two. */
const ALARM_MINUTES = 3;

/** Arguments of {@link NetworkLoadBalancer}. */
export interface NetworkLoadBalancerArgs {
  readonly stack: string;
  readonly spec: LoadBalancerSpec;
  readonly vpcId: pulumi.Input<string>;
  readonly subnets: readonly Subnet[];
  readonly securityGroup: pulumi.Input<string>;
  /** Its members' names and instance ids. */
  readonly members: readonly { readonly name: string; readonly identity: pulumi.Output<string> }[];
  /** Topic for alarms. @default no alarms */
  readonly alarms?: string;
  /** Resources that must exist before it: the internet gateway's route, if it faces the internet. */
  readonly after: readonly pulumi.Resource[];
}

/** One network load balancer over all zones. Its security group is set at creation, since it can't be added later. */
export class NetworkLoadBalancer extends pulumi.ComponentResource {
  public readonly resource: lb.LoadBalancer;
  /** Resolves once the load balancer accepts connections. */
  public readonly ready: pulumi.Output<unknown>;

  public constructor(
    name: string,
    private readonly args: NetworkLoadBalancerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("swarm-ha:aws:LoadBalancer", name, {}, opts);
    this.resource = new lb.LoadBalancer(
      autoNamed(name, ELB_NAME),
      {
        loadBalancerType: "network",
        internal: args.spec.internal,
        subnets: args.subnets.map(({ id }) => id),
        securityGroups: [args.securityGroup],
        // If all members of a zone are unhealthy, those of other zones get its connections.
        enableCrossZoneLoadBalancing: true,
        tags: instanceTags(args.stack, { name, role: "load-balancer", zone: "all" }),
      },
      { parent: this, dependsOn: [...args.after] },
    );
    this.ready = pulumi.all(args.spec.listeners.map((listener) => this.listener(name, listener).id));
    this.registerOutputs({});
  }

  private listener(name: string, planned: Listener): lb.Listener {
    const { spec, stack, vpcId, members, alarms } = this.args;
    const at = `${name}-${String(planned.port)}`;
    const terminates = planned.certificate !== undefined;
    const tags = { Name: `${stack}-${at}` };
    const group = new lb.TargetGroup(
      autoNamed(at, ELB_NAME),
      {
        vpcId,
        port: planned.port,
        protocol: terminates ? "TLS" : "TCP",
        targetType: "instance",
        // With it, a node that reaches itself through the load balancer would see its own address as the client's, and drop the answer.
        preserveClientIp: "false",
        proxyProtocolV2: planned.proxyProtocol,
        deregistrationDelay: DRAIN_SECONDS,
        connectionTermination: true,
        healthCheck: {
          protocol: planned.check.protocol,
          port: String(planned.check.port),
          path: planned.check.path,
          matcher: "200",
          interval: 5,
          timeout: 3,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
        targetHealthStates: [
          { enableUnhealthyConnectionTermination: spec.leaving === 0, unhealthyDrainingInterval: spec.leaving },
        ],
        tags,
      },
      { parent: this },
    );
    const listener = new lb.Listener(
      at,
      {
        loadBalancerArn: this.resource.arn,
        port: planned.port,
        protocol: terminates ? "TLS" : "TCP",
        ...(planned.certificate === undefined
          ? {}
          : { certificateArn: planned.certificate, sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" }),
        defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
        tags,
      },
      // A target group belongs to one load balancer. When that is replaced, the old listener must be deleted first.
      { parent: this, deleteBeforeReplace: true },
    );
    for (const member of members) {
      new lb.TargetGroupAttachment(
        `${at}-${member.name}`,
        { targetGroupArn: group.arn, targetId: member.identity, port: planned.port },
        // It refers to the instance, and is replaced with it.
        { parent: this, deleteBeforeReplace: true },
      );
    }
    if (alarms !== undefined) {
      new cloudwatch.MetricAlarm(
        `${at}-unhealthy`,
        {
          alarmDescription: `${stack}: a ${spec.members} behind ${at} has been unhealthy for ${String(ALARM_MINUTES)} minutes`,
          namespace: "AWS/NetworkELB",
          metricName: "UnHealthyHostCount",
          dimensions: { LoadBalancer: this.resource.arnSuffix, TargetGroup: group.arnSuffix },
          statistic: "Maximum",
          period: 60,
          evaluationPeriods: ALARM_MINUTES,
          threshold: 0,
          comparisonOperator: "GreaterThanThreshold",
          treatMissingData: "notBreaching",
          alarmActions: [alarms],
          okActions: [alarms],
          tags,
        },
        { parent: this },
      );
    }
    return listener;
  }
}
