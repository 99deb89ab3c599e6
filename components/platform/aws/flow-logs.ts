import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { assumedBy, statements } from "./policies";
import { nameTag } from "./tags";

/** Arguments of {@link FlowLogs}. */
export interface FlowLogsArgs {
  readonly stack: string;
  readonly vpcId: pulumi.Input<string>;
  /** For how long they are kept, days. */
  readonly days: number;
}

/** Flow logs of the VPC, in CloudWatch. */
export class FlowLogs extends pulumi.ComponentResource {
  public constructor(name: string, { stack, vpcId, days }: FlowLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("swarm-ha:aws:FlowLogs", name, {}, opts);
    const tags = nameTag(stack, name);
    const group = new cloudwatch.LogGroup(name, { retentionInDays: days, tags }, { parent: this });
    const role = new iam.Role(
      name,
      { assumeRolePolicy: assumedBy("vpc-flow-logs.amazonaws.com"), tags },
      { parent: this },
    );
    const policy = new iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: group.arn.apply((arn) =>
          statements({
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            Resource: [arn, `${arn}:*`],
          }),
        ),
      },
      { parent: this },
    );
    new ec2.FlowLog(
      name,
      {
        vpcId,
        trafficType: "ALL",
        logDestinationType: "cloud-watch-logs",
        logDestination: group.arn,
        iamRoleArn: role.arn,
        tags,
      },
      { parent: this, dependsOn: [policy] },
    );
    this.registerOutputs({});
  }
}
