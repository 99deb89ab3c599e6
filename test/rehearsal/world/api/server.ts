/** The API that the `aws` program asks, at an address of the loopback (AWS_ENDPOINT_URL). */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsError } from "../errors";
import { readBody } from "../host-services";
import { SignatureError, verify, type Verified } from "../sigv4";
import type { World } from "../world";
import { ec2Api, ec2Error } from "./ec2";
import { jsonApi, jsonError } from "./json";
import { balancingApi, iamApi, queryError, queryReply, stsApi, type QueryService } from "./query";
import { bucketApi, route53Api } from "./rest";
import type { Reply } from "./wire";

/** The API, served. */
export interface ApiServer {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Variables that lead the `aws` program, and the provider, here. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Names that services have in signatures, and how each says an error. */
const ERRORS: Readonly<Record<string, (error: AwsError) => Reply>> = {
  ec2: ec2Error,
  ssm: jsonError,
  servicequotas: jsonError,
  tagging: jsonError,
  logs: jsonError,
  monitoring: jsonError,
};

/** What is wrong with a signature, in the words of a service. Source: errors of EC2, common errors of the others. */
function signatureError({ code, message }: SignatureError, service: string): AwsError {
  if (service === "ec2") {
    const known =
      code === "RequestExpired" ? code : code === "SignatureDoesNotMatch" ? "SignatureDoesNotMatch" : "AuthFailure";
    return new AwsError("EC2", known, message, 401);
  }
  const json = service in ERRORS;
  const name = json && code === "InvalidClientTokenId" ? "UnrecognizedClientException" : code;
  return new AwsError(service, name, message, json ? 400 : 403);
}

/** Service of a request's signature; empty where it has none. */
function serviceIn(request: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function dispatcher(world: World) {
  const ec2 = ec2Api(world);
  const json = jsonApi(world);
  const queries: Readonly<Record<string, QueryService>> = {
    elasticloadbalancing: balancingApi(world),
    iam: iamApi(world),
    sts: stsApi(world),
  };
  return (request: IncomingMessage, body: string, { service, region }: Verified): Reply | Promise<Reply> => {
    const { method = "", url = "/" } = request;
    const path = url.split("?", 1)[0] ?? "/";
    const query = queries[service];
    if (query !== undefined) return queryReply(query, body);
    if (service === "ec2") return ec2(body, region);
    if (service === "route53") return route53Api(world, method, path);
    if (service === "s3") return bucketApi(world, method, path);
    return json(String(request.headers["x-amz-target"] ?? ""), body, region);
  };
}

/** Serves the API. Only the account's own key is accepted. */
export async function serveApi(world: World): Promise<ApiServer> {
  const dispatch = dispatcher(world);
  const reply = async (request: IncomingMessage): Promise<Reply> => {
    const service = serviceIn(request);
    const fail = ERRORS[service] ?? queryError;
    const body = await readBody(request);
    try {
      const { method = "", url = "/", headers } = request;
      const verified = verify({ method, url, headers, body }, world.credentials);
      if (verified.key !== world.credentials.user)
        throw new AwsError(service, "AccessDenied", `${verified.key.identity.arn} may not ask this`, 403);
      return await dispatch(request, body.toString(), verified);
    } catch (error) {
      if (error instanceof SignatureError) return fail(signatureError(error, service));
      if (error instanceof AwsError) return fail(error);
      return fail(new AwsError(service, "ValidationException", String(error), 400));
    }
  };
  const server: Server = createServer((request, response) => {
    void reply(request)
      .catch((error: unknown): Reply => ({ status: 500, type: "text/plain", body: String(error) }))
      .then(({ status, type, body }) => {
        response.writeHead(status, { "Content-Type": type }).end(body);
      });
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", done);
  });
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const { user } = world.credentials;
  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: user.id,
      AWS_SECRET_ACCESS_KEY: user.secret,
      AWS_REGION: world.cloud.region,
      AWS_DEFAULT_REGION: world.cloud.region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}
