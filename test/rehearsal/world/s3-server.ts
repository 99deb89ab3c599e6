/** The object store as a real S3 server on the loopback: moto's, which decides nothing and asks for no signature. */
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import type { ObjectStore } from "./object-store";

/** Milliseconds for one of our own calls. */
const LIMIT = 60_000;

/** How requests of hosts get to it. */
export interface S3Server {
  readonly port: number;
  /** Hands on a request, whose path is that of the bucket's own host name. */
  forward(request: IncomingMessage, response: ServerResponse, bucket: string): void;
}

/** The region of its buckets, which moto takes from who creates one. */
const REGION = "eu-central-1";

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const PLACED = `<CreateBucketConfiguration ${XMLNS}><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`;
const VERSIONED = `<VersioningConfiguration ${XMLNS}><Status>Enabled</Status></VersioningConfiguration>`;

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/** What {@link ObjectStore} asks of a server. */
export function objectsOf(server: S3Server): ObjectStore {
  const call = async (method: string, path: string, body = ""): Promise<string> => {
    const { status, text } = await send(server.port, method, path, body);
    if (status >= 300) throw new Error(`the S3 server answered ${method} ${path} with ${String(status)}: ${text}`);
    return text;
  };
  /** All versions and delete markers: key and version. The list has 1000 at most. */
  const versions = async (name: string): Promise<{ readonly key: string; readonly version: string }[]> => {
    const text = await call("GET", `/${name}?versions`);
    return [...text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(([, , entry = ""]) => ({
      key: unescape(/<Key>(.*?)<\/Key>/s.exec(entry)?.[1] ?? ""),
      version: /<VersionId>(.*?)<\/VersionId>/.exec(entry)?.[1] ?? "null",
    }));
  };
  return {
    createBucket: async (name) => {
      await call("PUT", `/${name}`, PLACED);
    },
    setVersioned: async (name) => {
      await call("PUT", `/${name}?versioning`, VERSIONED);
    },
    deleteBucket: async (name) => {
      await call("DELETE", `/${name}`);
    },
    isEmpty: async (name) => (await versions(name)).length === 0,
    empty: async (name) => {
      for (let found = await versions(name); found.length > 0; found = await versions(name))
        for (const { key, version } of found)
          await call("DELETE", `/${name}/${key.split("/").map(encodeURIComponent).join("/")}?versionId=${version}`);
    },
    forward: (incoming, response, bucket) => {
      server.forward(incoming, response, bucket);
    },
  };
}

function send(port: number, method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: "s3.amazonaws.com",
      "Content-Length": Buffer.byteLength(body),
      // moto takes a call without it for one of the public's.
      Authorization: `AWS4-HMAC-SHA256 Credential=x/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`,
    };
    const asked = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    asked.setTimeout(LIMIT, () => asked.destroy(new Error(`the S3 server didn't answer within ${String(LIMIT)} ms`)));
    asked.on("error", reject);
    asked.end(body);
  });
}
