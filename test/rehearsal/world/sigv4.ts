/** Verification of signed requests. Source: docs.aws.amazon.com, "AWS Signature Version 4 for API requests". */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Credentials, Key } from "./credentials";

/** A request as it was signed. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Body, or undefined where it isn't read: then its hash is taken from `x-amz-content-sha256`. */
  readonly body?: Buffer;
}

/** Whose request it is, and what it was signed for. */
export interface Verified {
  readonly key: Key;
  readonly region: string;
  readonly service: string;
}

/** What is wrong with a signature. */
export class SignatureError extends Error {
  public constructor(
    public readonly code:
      | "MissingAuthenticationToken"
      | "IncompleteSignature"
      | "InvalidClientTokenId"
      | "ExpiredToken"
      | "SignatureDoesNotMatch"
      | "RequestExpired",
    text: string,
  ) {
    super(text);
  }
}

/** Milliseconds by which clocks may differ. */
const SKEW = 15 * 60_000;

interface Parts {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20260101T000000Z` */
  readonly time: string;
  readonly token?: string | undefined;
  /** Seconds for which a presigned request is good. */
  readonly expires?: number;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(",") : value;

/** The parts of a signature in the header. */
function fromHeader(headers: IncomingHttpHeaders): Parts | undefined {
  const header = headers.authorization;
  if (header === undefined) return undefined;
  const found = /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
    header,
  );
  if (found === null) throw new SignatureError("IncompleteSignature", "the Authorization header has another form");
  const [, credential = "", signed = "", signature = ""] = found;
  const time = one(headers["x-amz-date"]) ?? "";
  const token = one(headers["x-amz-security-token"]);
  return { credential, signedHeaders: signed.split(";"), signature, time, token };
}

/** The parts of a presigned request's query. */
function fromQuery(query: URLSearchParams): Parts | undefined {
  const get = (name: string): string => query.get(`X-Amz-${name}`) ?? "";
  if (get("Algorithm") !== "AWS4-HMAC-SHA256") return undefined;
  return {
    credential: get("Credential"),
    signedHeaders: get("SignedHeaders").split(";"),
    signature: get("Signature"),
    time: get("Date"),
    token: query.get("X-Amz-Security-Token") ?? undefined,
    expires: Number(get("Expires")),
  };
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** S3 signs the path as it is sent; other services encode it once more. */
function canonicalPath(path: string, service: string): string {
  const decoded = path.split("/").map((part) => encode(decodeURIComponent(part)));
  return service === "s3" ? decoded.join("/") : decoded.map(encode).join("/");
}

function time(text: string): number {
  const found = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (found === null) throw new SignatureError("IncompleteSignature", "the request has no date");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function checkTime({ time: text, expires }: Parts, now: number): void {
  const at = time(text);
  const late = expires === undefined ? now - at > SKEW : now - at > expires * 1000;
  if (late || at - now > SKEW) throw new SignatureError("RequestExpired", `the request is of ${text}`);
}

function signatureOf(request: SignedRequest, parts: Parts, secret: string): string {
  const [path = "/", query = ""] = request.url.split("?", 2);
  const [, day = "", region = "", service = "", end = ""] = parts.credential.split("/");
  const headers = parts.signedHeaders.map((name) => {
    const value = one(request.headers[name]) ?? "";
    return `${name}:${value.trim().replace(/\s+/g, " ")}\n`;
  });
  const payload =
    parts.expires !== undefined
      ? "UNSIGNED-PAYLOAD"
      : (one(request.headers["x-amz-content-sha256"]) ?? sha256(request.body ?? ""));
  const canonical = [
    request.method,
    canonicalPath(path, service),
    canonicalQuery(new URLSearchParams(query.replaceAll("+", "%20"))),
    headers.join(""),
    parts.signedHeaders.join(";"),
    payload,
  ].join("\n");
  const scope = [day, region, service, end].join("/");
  const text = ["AWS4-HMAC-SHA256", parts.time, scope, sha256(canonical)].join("\n");
  const key = [region, service, "aws4_request"].reduce(hmac, hmac(`AWS4${secret}`, day));
  return hmac(key, text).toString("hex");
}

/**
 * Verifies a request.
 *
 * @throws SignatureError with the code that AWS has for it
 */
export function verify(request: SignedRequest, credentials: Credentials, now = Date.now()): Verified {
  const parts = fromHeader(request.headers) ?? fromQuery(new URLSearchParams(request.url.split("?", 2)[1] ?? ""));
  if (parts === undefined) throw new SignatureError("MissingAuthenticationToken", "the request isn't signed");
  const [id = "", , region = "", service = ""] = parts.credential.split("/");
  const key = credentials.find(id);
  if (key === undefined)
    throw new SignatureError("InvalidClientTokenId", "The security token included in the request is invalid.");
  checkTime(parts, now);
  if (key.token !== parts.token)
    throw new SignatureError("InvalidClientTokenId", "The security token included in the request is invalid.");
  if (key.expires !== undefined && key.expires < now)
    throw new SignatureError("ExpiredToken", "The security token included in the request is expired");
  const wanted = signatureOf(request, parts, key.secret);
  const same =
    parts.signature.length === wanted.length && timingSafeEqual(Buffer.from(parts.signature), Buffer.from(wanted));
  if (!same)
    throw new SignatureError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided.",
    );
  const sent = request.body;
  const stated = one(request.headers["x-amz-content-sha256"]);
  if (sent !== undefined && stated !== undefined && /^[0-9a-f]{64}$/.test(stated) && stated !== sha256(sent))
    throw new SignatureError("SignatureDoesNotMatch", "the body isn't the one that was signed");
  return { key, region, service };
}
