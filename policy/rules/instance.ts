/** Type token of a machine on AWS. */
export const INSTANCE = "aws:ec2/instance:Instance";
