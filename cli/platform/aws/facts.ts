import { valueAt } from "../../../policy/planned";
import type { CliPlatformFacts } from "../types";
import { billedOf } from "./billed";
import { ingressRulesOf, groupsOf } from "./ingress-rules";

/** Pulumi's own default for each processor. Source: pulumi v3.245.0, pkg/cmd/pulumi/operations/up.go, `defaultParallel`. */
const PARALLEL_EACH = 4;

/** See {@link CliPlatformFacts}: EC2 instances behind network load balancers. */
export const awsFacts: CliPlatformFacts = {
  localState: false,
  parallelSteps: (processors) => PARALLEL_EACH * processors,
  // A network load balancer takes up to two minutes to register a member.
  noticeSeconds: 120,
  types: {
    instance: "aws:ec2/instance:Instance",
    labels: "tags",
    address: "privateIp",
    loadBalancers: ["aws:lb/loadBalancer:LoadBalancer"],
    listeners: ["aws:lb/listener:Listener", "aws:lb/targetGroup:TargetGroup"],
    data: {
      "aws:s3/bucket:Bucket": "the images or backups in it",
      "aws:s3/bucketV2:BucketV2": "the images or backups in it",
      "aws:kms/key:Key": "what it has encrypted",
      "aws:ebs/volume:Volume": "its content",
      "aws:efs/fileSystem:FileSystem": "its content",
    },
  },
  protectsData: true,
  isThrowaway: (settings) => valueAt(settings, "protect") === false,
  hasPolicies: true,
  billedOf,
  ingressRulesOf,
  groupsOf,
};
