/** An S3 server in memory, as far as the world asks it; a forwarded request is answered with its own key. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ObjectStore } from "../object-store";

/** See the file's head. */
export class FakeObjects implements ObjectStore {
  public readonly buckets = new Map<string, string[]>();

  public createBucket(name: string): Promise<void> {
    this.buckets.set(name, []);
    return Promise.resolve();
  }

  public setVersioned(name: string): Promise<void> {
    this.keys(name);
    return Promise.resolve();
  }

  public deleteBucket(name: string): Promise<void> {
    if (this.keys(name).length > 0) return Promise.reject(new Error("BucketNotEmpty"));
    this.buckets.delete(name);
    return Promise.resolve();
  }

  public isEmpty(name: string): Promise<boolean> {
    return Promise.resolve(this.keys(name).length === 0);
  }

  public empty(name: string): Promise<void> {
    this.keys(name).length = 0;
    return Promise.resolve();
  }

  public forward(request: IncomingMessage, response: ServerResponse, bucket: string): void {
    response.writeHead(200).end(`${request.method ?? ""} ${bucket} ${request.url ?? ""}`);
  }

  private keys(name: string): string[] {
    const keys = this.buckets.get(name);
    if (keys === undefined) throw new Error(`NoSuchBucket: ${name}`);
    return keys;
  }
}
