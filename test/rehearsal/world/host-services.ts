/** The services that hosts call by HTTPS, with the keys of their roles: SSM's GetParameter, and S3. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { z } from "zod";
import type { Cloud } from "./cloud";
import type { Credentials, Identity } from "./credentials";
import { evaluate, type AccessRequest, type PolicyDocument } from "./policy";
import { bucketOfHost, s3Request } from "./s3-request";
import { SignatureError, verify } from "./sigv4";
import { parameterArn } from "./ssm";

/** Bytes of a body that is read. */
const MAX_BODY = 1024 * 1024;

/** Reads a request's body. @throws Error when it is too long */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error("the request is too long");
  }
  return Buffer.concat(chunks);
}

/** Condition keys of every call by this identity. */
function contextOf({ instance, role }: Identity, cloud: Cloud): AccessRequest["context"] {
  return {
    "aws:SecureTransport": "true",
    "aws:PrincipalAccount": cloud.account,
    "ec2:SourceInstanceARN": instance?.arn,
    "aws:PrincipalArn": role === undefined ? undefined : cloud.state.roles.get(role)?.arn,
  };
}

/** Whether the identity is allowed to. Only a policy of the resource can deny the administrator a call. */
function mayDo(
  credentials: Credentials,
  identity: Identity,
  ofResource: readonly PolicyDocument[],
  request: Omit<AccessRequest, "principal">,
): boolean {
  const own = credentials.policiesOf(identity);
  const decision = evaluate([...(own ?? []), ...ofResource], { ...request, principal: identity.arn });
  return own === undefined ? decision !== "denied" : decision === "allowed";
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": randomUUID() })
    .end(JSON.stringify(body));
}

const getParameter = z.object({ Name: z.string(), WithDecryption: z.boolean().default(false) });

/** SSM for hosts: GetParameter alone. */
async function ssm(cloud: Cloud, credentials: Credentials, request: IncomingMessage, response: ServerResponse) {
  const body = await readBody(request);
  const { method = "", url = "/", headers } = request;
  const fail = (type: string, message: string): void => {
    json(response, 400, { __type: type, message });
  };
  let identity: Identity;
  try {
    identity = verify({ method, url, headers, body }, credentials).key.identity;
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    // The names that JSON services have for them.
    const names = {
      InvalidClientTokenId: "UnrecognizedClientException",
      ExpiredToken: "ExpiredTokenException",
      SignatureDoesNotMatch: "InvalidSignatureException",
      RequestExpired: "InvalidSignatureException",
      IncompleteSignature: "IncompleteSignatureException",
      MissingAuthenticationToken: "MissingAuthenticationTokenException",
    } as const;
    fail(names[error.code], error.message);
    return;
  }
  if (headers["x-amz-target"] !== "AmazonSSM.GetParameter") {
    fail("UnknownOperationException", `${String(headers["x-amz-target"])} isn't simulated for hosts`);
    return;
  }
  const { Name, WithDecryption } = getParameter.parse(JSON.parse(body.toString()));
  const parameter = cloud.state.parameters.get(Name);
  const resource = parameterArn(cloud, Name);
  const tags = Object.entries(parameter?.tags ?? {}).map(([key, value]) => [`ssm:resourceTag/${key}`, value] as const);
  const context = { ...contextOf(identity, cloud), ...Object.fromEntries(tags) };
  if (!mayDo(credentials, identity, [], { action: "ssm:GetParameter", resource, context })) {
    fail(
      "AccessDeniedException",
      `User: ${identity.arn} is not authorized to perform: ssm:GetParameter on resource: ${resource} because no identity-based policy allows the ssm:GetParameter action`,
    );
    return;
  }
  if (parameter === undefined) {
    fail("ParameterNotFound", "");
    return;
  }
  // The key is AWS's own, aws/ssm, which everybody of the account may use through SSM.
  const hidden = parameter.type === "SecureString" && !WithDecryption;
  json(response, 200, {
    Parameter: {
      ARN: parameter.arn,
      DataType: "text",
      LastModifiedDate: parameter.changed / 1000,
      Name,
      Type: parameter.type,
      Value: hidden ? Buffer.from(parameter.value).toString("base64") : parameter.value,
      Version: parameter.version,
    },
  });
}

function s3Error(response: ServerResponse, status: number, code: string, message: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${randomUUID()}</RequestId></Error>`;
  response.writeHead(status, { "Content-Type": "application/xml" }).end(text);
}

/** S3 for hosts: signature, role and bucket policy here, objects in the server behind. Bodies pass unread. */
function s3(cloud: Cloud, credentials: Credentials, host: string, request: IncomingMessage, response: ServerResponse) {
  const { method = "", url = "/", headers } = request;
  let identity: Identity;
  try {
    identity = verify({ method, url, headers }, credentials).key.identity;
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const code = error.code === "InvalidClientTokenId" ? "InvalidAccessKeyId" : error.code;
    const missing = code === "MissingAuthenticationToken";
    s3Error(response, 403, missing ? "AccessDenied" : code, missing ? "Access Denied" : error.message);
    return;
  }
  const asked = s3Request(host, cloud.region, method, url);
  const bucket = cloud.state.buckets.get(asked.bucket);
  if (bucket === undefined) {
    s3Error(response, 404, "NoSuchBucket", "The specified bucket does not exist");
    return;
  }
  const resource = asked.key === "" ? bucket.arn : `${bucket.arn}/${asked.key}`;
  const ofBucket = bucket.policy === undefined ? [] : [bucket.policy];
  const context = contextOf(identity, cloud);
  const action = `s3:${asked.action}`;
  if (!mayDo(credentials, identity, ofBucket, { action, resource, context })) {
    s3Error(response, 403, "AccessDenied", `User: ${identity.arn} is not authorized to perform: ${action}`);
    return;
  }
  // The server behind is told paths as the bucket's own host name has them.
  if (bucketOfHost(host, cloud.region) === "") request.url = url.slice(bucket.name.length + 1).replace(/^(?!\/)/, "/");
  cloud.objects.forward(request, response, bucket.name);
}

/** What answers requests for a host name. @returns undefined for a name that no service here has */
export function serviceFor(cloud: Cloud, credentials: Credentials, host: string): RequestListener | undefined {
  const guarded =
    (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void): RequestListener =>
    (request, response) => {
      Promise.resolve()
        .then(() => answer(request, response))
        .catch((error: unknown) => {
          if (!response.headersSent) response.writeHead(500);
          response.end(String(error));
        });
    };
  if (host === `ssm.${cloud.region}.amazonaws.com`)
    return guarded((request, response) => ssm(cloud, credentials, request, response));
  if (bucketOfHost(host, cloud.region) !== undefined)
    return guarded((request, response) => {
      s3(cloud, credentials, host, request, response);
    });
  return undefined;
}
