/** The resource types of @pulumi/aws that the program uses, as far as a preview needs them. */

/**
 * By type: inputs whose change makes another resource, and outputs that only AWS knows.
 * Source: registry.pulumi.com/packages/aws, and "Forces new resource" of the provider's resources.
 */
export const AWS_TYPES: Readonly<
  Record<string, { readonly replaces?: readonly string[]; readonly computed: readonly string[] }>
> = {
  "cloudwatch/logGroup:LogGroup": { replaces: ["name"], computed: ["arn", "name"] },
  "cloudwatch/metricAlarm:MetricAlarm": { replaces: ["name"], computed: ["arn", "name"] },
  "ec2/defaultSecurityGroup:DefaultSecurityGroup": { replaces: ["vpcId"], computed: ["arn"] },
  "ec2/eip:Eip": { replaces: ["domain"], computed: ["allocationId", "publicIp"] },
  "ec2/eipAssociation:EipAssociation": { replaces: ["allocationId", "instanceId"], computed: ["publicIp"] },
  "ec2/flowLog:FlowLog": { replaces: ["*"], computed: ["arn"] },
  "ec2/instance:Instance": {
    // User data: by the program's userDataReplaceOnChange.
    replaces: ["ami", "subnetId", "privateIp", "availabilityZone", "rootBlockDevice.encrypted", "userData"],
    computed: ["arn", "privateIp", "privateDns", "availabilityZone", "instanceState"],
  },
  "ec2/internetGateway:InternetGateway": { computed: ["arn"] },
  "ec2/natGateway:NatGateway": { replaces: ["subnetId", "allocationId"], computed: ["publicIp", "privateIp"] },
  "ec2/route:Route": { replaces: ["routeTableId", "destinationCidrBlock"], computed: ["state"] },
  "ec2/routeTable:RouteTable": { replaces: ["vpcId"], computed: ["arn"] },
  "ec2/routeTableAssociation:RouteTableAssociation": { replaces: ["subnetId"], computed: [] },
  "ec2/securityGroup:SecurityGroup": { replaces: ["name", "description", "vpcId"], computed: ["arn", "name"] },
  "ec2/subnet:Subnet": { replaces: ["vpcId", "cidrBlock", "availabilityZone"], computed: ["arn"] },
  "ec2/subnetCidrReservation:SubnetCidrReservation": { replaces: ["*"], computed: ["ownerId"] },
  "ec2/vpc:Vpc": { replaces: ["cidrBlock"], computed: ["arn", "defaultSecurityGroupId"] },
  "ec2/vpcEndpoint:VpcEndpoint": {
    replaces: ["vpcId", "serviceName", "vpcEndpointType"],
    computed: ["arn", "prefixListId"],
  },
  "iam/instanceProfile:InstanceProfile": { replaces: ["name", "path"], computed: ["arn", "name"] },
  "iam/role:Role": { replaces: ["name", "path"], computed: ["arn", "name", "uniqueId"] },
  "iam/rolePolicy:RolePolicy": { replaces: ["name", "role"], computed: ["name"] },
  "lb/listener:Listener": { replaces: ["loadBalancerArn"], computed: ["arn"] },
  "lb/loadBalancer:LoadBalancer": {
    replaces: ["name", "internal", "loadBalancerType"],
    computed: ["arn", "arnSuffix", "dnsName", "zoneId", "name"],
  },
  "lb/targetGroup:TargetGroup": {
    replaces: ["name", "port", "protocol", "targetType", "vpcId"],
    computed: ["arn", "arnSuffix", "name"],
  },
  "lb/targetGroupAttachment:TargetGroupAttachment": { replaces: ["*"], computed: [] },
  "route53/record:Record": { replaces: ["zoneId", "name"], computed: ["fqdn"] },
  "route53/zone:Zone": { replaces: ["name"], computed: ["arn", "zoneId", "nameServers"] },
  "s3/bucket:Bucket": { replaces: ["bucket", "bucketPrefix"], computed: ["arn", "bucket", "region"] },
  "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": { replaces: ["bucket"], computed: [] },
  "s3/bucketOwnershipControls:BucketOwnershipControls": { replaces: ["bucket"], computed: [] },
  "s3/bucketPolicy:BucketPolicy": { replaces: ["bucket"], computed: [] },
  "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": { replaces: ["bucket"], computed: [] },
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    replaces: ["bucket"],
    computed: [],
  },
  "s3/bucketVersioning:BucketVersioning": { replaces: ["bucket"], computed: [] },
  "ssm/parameter:Parameter": { replaces: ["name", "type"], computed: ["arn", "version"] },
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": { replaces: ["securityGroupId"], computed: ["arn"] },
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": { replaces: ["securityGroupId"], computed: ["arn"] },
};
