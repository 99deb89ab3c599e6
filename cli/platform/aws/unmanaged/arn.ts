/** An ARN in its parts. Source: docs.aws.amazon.com, IAM, "Amazon Resource Names (ARNs)". */
export interface Arn {
  readonly service: string;
  /** `instance`, `loadbalancer`, `log-group`; for a bucket `bucket`, which its ARN leaves out. */
  readonly type: string;
  /** Id or name; that of a parameter begins with a slash. */
  readonly id: string;
}

/** Takes an ARN apart. @returns undefined for a text that is none */
export function arnOf(text: string): Arn | undefined {
  const [prefix, , service, , , ...rest] = text.split(":");
  const resource = rest.join(":");
  if (prefix !== "arn" || service === undefined || resource === "") return undefined;
  if (service === "s3") return { service, type: "bucket", id: resource };
  const [, type = "", separator = "", id = ""] = /^([a-z0-9-]+)([/:])(.+)$/.exec(resource) ?? [];
  if (separator === "") return undefined;
  // The ARN of /swarm-ha/test/x is …:parameter/swarm-ha/test/x.
  return { service, type, id: service === "ssm" ? `/${id}` : id };
}
