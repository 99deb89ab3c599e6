/** The S3 server behind the simulated AWS: it keeps objects, and decides nothing. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** See the file's head. */
export interface ObjectStore {
  createBucket(name: string): Promise<void>;
  /** Keeps versions from now on. */
  setVersioned(name: string): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  /** Whether there is no object, version or delete marker in it. */
  isEmpty(name: string): Promise<boolean>;
  /** Removes all objects, versions and delete markers. */
  empty(name: string): Promise<void>;
  /** Answers a request that was allowed. Its path is that of the bucket's own host name. */
  forward(request: IncomingMessage, response: ServerResponse, bucket: string): void;
}
