import type { Answer } from "../recording-mocks";

const ACCOUNT = "123456789012";
const REGION = "eu-central-1";

/** Ids that tests can read: the type of the resource, and its name. */
export const awsAnswer: Answer = ({ type, name, inputs }) => {
  const kind = type.split(":").at(-1) ?? "";
  const id = `${kind}(${name})`;
  const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
  switch (kind) {
    case "Instance":
      return { id, outputs: { arn: arn("ec2", `instance/${id}`), privateIp: inputs["privateIp"] ?? "10.213.32.99" } };
    case "Eip":
      return { id, outputs: { publicIp: "192.0.2.7" } };
    case "Role":
      return { id, outputs: { name: id, arn: `arn:aws:iam::${ACCOUNT}:role/${id}` } };
    case "InstanceProfile":
      return { id, outputs: { name: id } };
    case "Bucket":
      return { id, outputs: { bucket: id, arn: `arn:aws:s3:::${id}` } };
    case "LoadBalancer":
      return {
        id,
        outputs: {
          arn: arn("elasticloadbalancing", id),
          arnSuffix: id,
          dnsName: `${name}.elb.example`,
          zoneId: "ZELB",
        },
      };
    case "TargetGroup":
      return { id, outputs: { arn: id, arnSuffix: id } };
    case "VpcEndpoint":
      return { id, outputs: { prefixListId: "pl-s3" } };
    case "LogGroup":
      return { id, outputs: { arn: arn("logs", `log-group:${id}`) } };
    case "Zone":
      return { id, outputs: { zoneId: id } };
    default:
      return { id, outputs: {} };
  }
};

/** The one function that the platform calls: an image by its name. */
export function awsCall(token: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (token !== "aws:ec2/getAmi:getAmi") throw new Error(`the program called ${token}`);
  const [filter] = inputs["filters"] as { readonly values: readonly string[] }[];
  return { ...inputs, id: `ami(${filter?.values[0] ?? ""})` };
}
