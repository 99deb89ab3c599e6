/**
 * Which member of which API call a property becomes. Written by hand from the provider's resources
 * (hashicorp/terraform-provider-aws internal/service); dev/aws-rules.ts looks the members' limits up.
 */

/** `service Operation.Member.Member`; `[]` goes into a list. A leading `!` marks a property that has to be there. */
export type Member = string;

/** By resource type: property path (see constraint.ts) → API member. */
export const MEMBERS: Readonly<Record<string, Readonly<Record<string, Member>>>> = {
  "cloudwatch/logGroup:LogGroup": {
    name: "logs CreateLogGroup.logGroupName",
    logGroupClass: "logs CreateLogGroup.logGroupClass",
  },
  "cloudwatch/metricAlarm:MetricAlarm": {
    name: "cloudwatch PutMetricAlarm.AlarmName",
    alarmDescription: "cloudwatch PutMetricAlarm.AlarmDescription",
    namespace: "cloudwatch PutMetricAlarm.Namespace",
    metricName: "cloudwatch PutMetricAlarm.MetricName",
    statistic: "cloudwatch PutMetricAlarm.Statistic",
    period: "cloudwatch PutMetricAlarm.Period",
    evaluationPeriods: "!cloudwatch PutMetricAlarm.EvaluationPeriods",
    comparisonOperator: "!cloudwatch PutMetricAlarm.ComparisonOperator",
    treatMissingData: "cloudwatch PutMetricAlarm.TreatMissingData",
    dimensions: "cloudwatch PutMetricAlarm.Dimensions",
    "dimensions.*": "cloudwatch PutMetricAlarm.Dimensions[].Value",
    alarmActions: "cloudwatch PutMetricAlarm.AlarmActions",
    "alarmActions[]": "cloudwatch PutMetricAlarm.AlarmActions[]",
    okActions: "cloudwatch PutMetricAlarm.OKActions",
  },
  "ec2/eip:Eip": { domain: "ec2 AllocateAddress.Domain" },
  "ec2/eipAssociation:EipAssociation": {
    allocationId: "!ec2 AssociateAddress.AllocationId",
    instanceId: "!ec2 AssociateAddress.InstanceId",
  },
  "ec2/flowLog:FlowLog": {
    trafficType: "ec2 CreateFlowLogs.TrafficType",
    logDestinationType: "ec2 CreateFlowLogs.LogDestinationType",
    maxAggregationInterval: "ec2 CreateFlowLogs.MaxAggregationInterval",
  },
  "ec2/instance:Instance": {
    ami: "!ec2 RunInstances.ImageId",
    subnetId: "!ec2 RunInstances.SubnetId",
    tenancy: "ec2 RunInstances.Placement.Tenancy",
    "metadataOptions.httpEndpoint": "ec2 RunInstances.MetadataOptions.HttpEndpoint",
    "metadataOptions.httpTokens": "ec2 RunInstances.MetadataOptions.HttpTokens",
    "metadataOptions.instanceMetadataTags": "ec2 RunInstances.MetadataOptions.InstanceMetadataTags",
    "rootBlockDevice.volumeType": "ec2 RunInstances.BlockDeviceMappings[].Ebs.VolumeType",
    instanceInitiatedShutdownBehavior: "ec2 RunInstances.InstanceInitiatedShutdownBehavior",
  },
  "ec2/internetGateway:InternetGateway": { vpcId: "!ec2 AttachInternetGateway.VpcId" },
  "ec2/natGateway:NatGateway": {
    subnetId: "!ec2 CreateNatGateway.SubnetId",
    connectivityType: "ec2 CreateNatGateway.ConnectivityType",
  },
  "ec2/route:Route": { routeTableId: "!ec2 CreateRoute.RouteTableId" },
  "ec2/routeTable:RouteTable": { vpcId: "!ec2 CreateRouteTable.VpcId" },
  "ec2/routeTableAssociation:RouteTableAssociation": {
    routeTableId: "!ec2 AssociateRouteTable.RouteTableId",
    subnetId: "!ec2 AssociateRouteTable.SubnetId",
  },
  "ec2/securityGroup:SecurityGroup": {
    name: "!ec2 CreateSecurityGroup.GroupName",
    description: "!ec2 CreateSecurityGroup.Description",
  },
  "ec2/subnet:Subnet": { vpcId: "!ec2 CreateSubnet.VpcId", cidrBlock: "!ec2 CreateSubnet.CidrBlock" },
  "ec2/subnetCidrReservation:SubnetCidrReservation": {
    subnetId: "!ec2 CreateSubnetCidrReservation.SubnetId",
    cidrBlock: "!ec2 CreateSubnetCidrReservation.Cidr",
    reservationType: "!ec2 CreateSubnetCidrReservation.ReservationType",
  },
  "ec2/vpc:Vpc": {
    cidrBlock: "!ec2 CreateVpc.CidrBlock",
    instanceTenancy: "ec2 CreateVpc.InstanceTenancy",
  },
  "ec2/vpcEndpoint:VpcEndpoint": {
    vpcId: "!ec2 CreateVpcEndpoint.VpcId",
    serviceName: "!ec2 CreateVpcEndpoint.ServiceName",
    vpcEndpointType: "ec2 CreateVpcEndpoint.VpcEndpointType",
  },
  "iam/instanceProfile:InstanceProfile": {
    name: "!iam CreateInstanceProfile.InstanceProfileName",
    path: "iam CreateInstanceProfile.Path",
    role: "!iam AddRoleToInstanceProfile.RoleName",
  },
  "iam/role:Role": {
    name: "!iam CreateRole.RoleName",
    path: "iam CreateRole.Path",
    assumeRolePolicy: "!iam CreateRole.AssumeRolePolicyDocument",
    description: "iam CreateRole.Description",
    maxSessionDuration: "iam CreateRole.MaxSessionDuration",
    "tags.*": "iam CreateRole.Tags[].Value",
  },
  "iam/rolePolicy:RolePolicy": {
    name: "!iam PutRolePolicy.PolicyName",
    role: "!iam PutRolePolicy.RoleName",
    policy: "!iam PutRolePolicy.PolicyDocument",
  },
  "lb/listener:Listener": {
    loadBalancerArn: "!elbv2 CreateListener.LoadBalancerArn",
    port: "!elbv2 CreateListener.Port",
    protocol: "!elbv2 CreateListener.Protocol",
    defaultActions: "!elbv2 CreateListener.DefaultActions",
    "defaultActions[].type": "!elbv2 CreateListener.DefaultActions[].Type",
    "defaultActions[].order": "elbv2 CreateListener.DefaultActions[].Order",
    alpnPolicy: "elbv2 CreateListener.AlpnPolicy[]",
  },
  "lb/loadBalancer:LoadBalancer": {
    name: "!elbv2 CreateLoadBalancer.Name",
    loadBalancerType: "elbv2 CreateLoadBalancer.Type",
    ipAddressType: "elbv2 CreateLoadBalancer.IpAddressType",
  },
  "lb/targetGroup:TargetGroup": {
    name: "!elbv2 CreateTargetGroup.Name",
    port: "!elbv2 CreateTargetGroup.Port",
    protocol: "!elbv2 CreateTargetGroup.Protocol",
    vpcId: "!elbv2 CreateTargetGroup.VpcId",
    targetType: "elbv2 CreateTargetGroup.TargetType",
    ipAddressType: "elbv2 CreateTargetGroup.IpAddressType",
    "healthCheck.protocol": "elbv2 CreateTargetGroup.HealthCheckProtocol",
    "healthCheck.path": "elbv2 CreateTargetGroup.HealthCheckPath",
    "healthCheck.interval": "elbv2 CreateTargetGroup.HealthCheckIntervalSeconds",
    "healthCheck.timeout": "elbv2 CreateTargetGroup.HealthCheckTimeoutSeconds",
    "healthCheck.healthyThreshold": "elbv2 CreateTargetGroup.HealthyThresholdCount",
    "healthCheck.unhealthyThreshold": "elbv2 CreateTargetGroup.UnhealthyThresholdCount",
  },
  "lb/targetGroupAttachment:TargetGroupAttachment": {
    targetGroupArn: "!elbv2 RegisterTargets.TargetGroupArn",
    targetId: "!elbv2 RegisterTargets.Targets[].Id",
    port: "elbv2 RegisterTargets.Targets[].Port",
  },
  "route53/record:Record": {
    zoneId: "!route53 ChangeResourceRecordSets.HostedZoneId",
    name: "!route53 ChangeResourceRecordSets.ChangeBatch.Changes[].ResourceRecordSet.Name",
    type: "!route53 ChangeResourceRecordSets.ChangeBatch.Changes[].ResourceRecordSet.Type",
    ttl: "route53 ChangeResourceRecordSets.ChangeBatch.Changes[].ResourceRecordSet.TTL",
    "aliases[].name": "!route53 ChangeResourceRecordSets.ChangeBatch.Changes[].ResourceRecordSet.AliasTarget.DNSName",
    "aliases[].zoneId":
      "!route53 ChangeResourceRecordSets.ChangeBatch.Changes[].ResourceRecordSet.AliasTarget.HostedZoneId",
  },
  "route53/zone:Zone": {
    name: "!route53 CreateHostedZone.Name",
    comment: "route53 CreateHostedZone.HostedZoneConfig.Comment",
    "vpcs[].vpcId": "!route53 CreateHostedZone.VPC.VPCId",
  },
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    rules: "!s3 PutBucketLifecycleConfiguration.LifecycleConfiguration.Rules",
    "rules[].status": "!s3 PutBucketLifecycleConfiguration.LifecycleConfiguration.Rules[].Status",
  },
  "s3/bucketOwnershipControls:BucketOwnershipControls": {
    "rule.objectOwnership": "!s3 PutBucketOwnershipControls.OwnershipControls.Rules[].ObjectOwnership",
  },
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    "rules[].applyServerSideEncryptionByDefault.sseAlgorithm":
      "!s3 PutBucketEncryption.ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
  },
  "s3/bucketVersioning:BucketVersioning": {
    "versioningConfiguration.status": "!s3 PutBucketVersioning.VersioningConfiguration.Status",
  },
  "ssm/parameter:Parameter": {
    name: "!ssm PutParameter.Name",
    type: "!ssm PutParameter.Type",
    description: "ssm PutParameter.Description",
    tier: "ssm PutParameter.Tier",
  },
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    securityGroupId: "!ec2 AuthorizeSecurityGroupEgress.GroupId",
  },
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    securityGroupId: "!ec2 AuthorizeSecurityGroupIngress.GroupId",
  },
};
