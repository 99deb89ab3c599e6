/** Type token of an instance on AWS. */
export const INSTANCE = "aws:ec2/instance:Instance";
