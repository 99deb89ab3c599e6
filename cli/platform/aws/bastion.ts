import type { BastionAddress } from "../../pulumi/bastion";

/** The bastion with a public address in what `pulumi stack export` prints; undefined where there is none. */
export function publicBastion(exported: string | undefined): BastionAddress | undefined {
  if (exported === undefined) return undefined;
  const { deployment } = JSON.parse(exported) as {
    deployment?: { resources?: { urn: string; type: string; outputs?: { publicIp?: unknown } }[] };
  };
  const address = deployment?.resources?.find(
    ({ type, urn }) => type === "aws:ec2/eip:Eip" && urn.endsWith("::bastion"),
  )?.outputs?.publicIp;
  return typeof address === "string" ? { host: address, port: 22 } : undefined;
}
