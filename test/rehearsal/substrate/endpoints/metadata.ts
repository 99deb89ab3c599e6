import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";

/** Longest life of a token, in seconds. Source: docs.aws.amazon.com, EC2, "Use IMDSv2". */
const LONGEST = 21_600;

/** Whom the service speaks for. */
export interface MetadataSource {
  /** The instance that has this address; undefined for nobody. */
  caller(address: string): string | undefined;
  /** Text of a path. @returns undefined for a 404 */
  answer(instance: string, path: string): string | undefined;
}

/**
 * The metadata service, version 2 only: a token is fetched by PUT and shown with every GET.
 *
 * Paths of dated versions (`/2021-03-23/…`) are asked as `/latest/…`.
 */
export function metadataServer({ caller, answer }: MetadataSource): Server {
  const tokens = new Map<string, { readonly instance: string; readonly end: number }>();
  return createServer((request, response) => {
    const reply = (status: number, text = "", headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { "Content-Type": "text/plain", Server: "EC2ws", ...headers }).end(text);
    };
    request.resume();
    const instance = caller((request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""));
    if (instance === undefined) {
      reply(404);
      return;
    }
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    if (request.method === "PUT") {
      const ttl = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"] ?? NaN);
      // What a proxy hands on gets no token. Source: as above.
      if (request.headers["x-forwarded-for"] !== undefined) reply(403);
      else if (path !== "/latest/api/token") reply(404);
      else if (!(Number.isInteger(ttl) && ttl >= 1 && ttl <= LONGEST)) reply(400);
      else {
        const token = randomBytes(42).toString("base64url");
        tokens.set(token, { instance, end: Date.now() + ttl * 1000 });
        reply(200, token, { "X-aws-ec2-metadata-token-ttl-seconds": String(ttl) });
      }
      return;
    }
    const token = tokens.get(String(request.headers["x-aws-ec2-metadata-token"] ?? ""));
    if (token?.instance !== instance || token.end < Date.now()) {
      reply(401);
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      reply(405);
      return;
    }
    const latest = path.replace(/^\/\d{4}-\d\d-\d\d(?=\/|$)/, "/latest");
    // Folders answer with and without the slash at their end.
    const text = answer(instance, latest) ?? (latest.endsWith("/") ? undefined : answer(instance, `${latest}/`));
    if (text === undefined) reply(404, "Not Found");
    else reply(200, text);
  });
}
