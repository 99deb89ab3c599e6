/** Which permission a request to S3 needs. Source: docs.aws.amazon.com, S3, "Required permissions for S3 API operations". */

/** A request as policies see it. */
export interface S3Request {
  readonly bucket: string;
  /** Key of the object; empty for the bucket itself. */
  readonly key: string;
  /** Such as `GetObject`. */
  readonly action: string;
}

/**
 * The bucket that a host name of S3 names: empty for path-style addressing, undefined for a name that isn't S3's. Clients that
 * use minio-go, such as restic, turn the plain endpoint into the dual-stack one.
 * Source: docs.aws.amazon.com, S3, "Using Amazon S3 dual-stack endpoints"; minio-go, s3-endpoints.go.
 */
export function bucketOfHost(host: string, region: string): string | undefined {
  const endpoints = [`s3.${region}.amazonaws.com`, `s3.dualstack.${region}.amazonaws.com`];
  for (const endpoint of endpoints) {
    if (host === endpoint) return "";
    if (host.endsWith(`.${endpoint}`)) return host.slice(0, -endpoint.length - 1);
  }
  return undefined;
}

function bucketAction(method: string, query: URLSearchParams): string {
  if (method === "POST" && query.has("delete")) return "DeleteObject";
  if (query.has("location")) return "GetBucketLocation";
  if (query.has("uploads")) return "ListBucketMultipartUploads";
  if (query.has("versions")) return "ListBucketVersions";
  if (method === "GET" || method === "HEAD") return "ListBucket";
  // Settings and the bucket itself aren't for hosts: a permission that none of them has.
  return method === "PUT" ? "CreateBucket" : "DeleteBucket";
}

function objectAction(method: string, query: URLSearchParams): string {
  if (method === "GET" && query.has("uploadId")) return "ListMultipartUploadParts";
  if (method === "GET" || method === "HEAD") return "GetObject";
  if (method === "DELETE") return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
  return "PutObject";
}

/**
 * Reads a request, in either addressing style. DeleteObjects is asked for all objects of the bucket at once, where S3
 * decides for each key.
 *
 * @param url Path and query as sent
 */
export function s3Request(host: string, region: string, method: string, url: string): S3Request {
  const [path = "/", text = ""] = url.split("?", 2);
  const query = new URLSearchParams(text);
  const named = bucketOfHost(host, region) ?? "";
  const decoded = decodeURIComponent(path).slice(1);
  const slash = decoded.indexOf("/");
  const [bucket, key] =
    named !== "" ? [named, decoded] : slash < 0 ? [decoded, ""] : [decoded.slice(0, slash), decoded.slice(slash + 1)];
  if (key === "" && method === "POST" && query.has("delete")) return { bucket, key: "*", action: "DeleteObject" };
  return { bucket, key, action: key === "" ? bucketAction(method, query) : objectAction(method, query) };
}
