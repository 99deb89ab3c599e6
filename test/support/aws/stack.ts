// As in index.ts: without it the SDK spends half of the time on stack traces.
import "../../../components/lean-sdk";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { parseConfig, type StackConfig } from "../../../config";
import { planHosts } from "../../../plan/placement";
import { createPlatform } from "../../../components/platform";
import { SshKeys } from "../../../components/ssh/keys";
import { AddressRanges } from "../../../components/swarm/ranges";
import { answer } from "../answers";
import { record, type Registered } from "../recording-mocks";
import { awsAnswer, awsCall } from "./answers";

/** The SDK's module itself: an import would be a copy. */
const debuggable = createRequire(__filename)("@pulumi/pulumi/runtime/debuggable") as {
  debuggablePromise: (promise: Promise<unknown>, context?: unknown) => Promise<unknown>;
};

const ROOT = path.join(__dirname, "..", "..", "..");

/** The values of a stack file, without the namespace. */
export function stackValues(stack: string): Record<string, unknown> {
  const { config } = parse(readFileSync(path.join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Record<string, unknown>;
  };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("swarm-ha:", ""), value]));
}

/** How {@link buildAws} goes about it. */
interface BuildOptions {
  readonly preview?: boolean;
  /** Keys of the stack file with other values. A structured key is replaced as a whole. */
  readonly changes?: Record<string, unknown>;
  /** Evaluates the program even if it was evaluated with the same values. @default returns what it registered then */
  readonly again?: boolean;
}

const built = new Map<string, Promise<Registered[]>>();

/** Everything that the platform of a stack file registers, under mocks. */
export function buildAws(stack: string, options: BuildOptions = {}): Promise<Registered[]> {
  const { preview = false, changes = {}, again = false } = options;
  const key = JSON.stringify([stack, preview, changes]);
  const known = built.get(key);
  if (known !== undefined && !again) return known;
  const fresh = build(stack, preview, changes);
  if (!again) built.set(key, fresh);
  return fresh;
}

function build(stack: string, preview: boolean, changes: Record<string, unknown>): Promise<Registered[]> {
  return registeredBy(parseConfig({ ...stackValues(stack), ...changes }, stack), preview);
}

/** Evaluates a program without what the SDK does only to find faults of itself. */
export async function lean<T>(evaluate: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  const { debuggablePromise } = debuggable;
  // The SDK takes a stack trace for each promise: two thirds of the time (measured: 0.5 s without, 1.5 s with them).
  Error.stackTraceLimit = 0;
  // And it marks each promise to report those that never end: half of the rest (measured: 0.26 s without, 0.46 s with it).
  debuggable.debuggablePromise = (promise) => promise;
  try {
    return await evaluate();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    debuggable.debuggablePromise = debuggablePromise;
  }
}

/** Everything that the platform of a configuration registers, under mocks. */
export function registeredBy(config: StackConfig, preview = false): Promise<Registered[]> {
  const hosts = planHosts(config);
  return lean(() =>
    record(
      () => {
        const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
        const platform = createPlatform({ config, hosts, keys, ranges: new AddressRanges("ranges", config) });
        return pulumi.output([
          platform.hosts.map(({ identity, address }) => ({ identity, address })),
          Object.values(platform.loadBalancers).map(({ endpoint }) => endpoint),
        ]);
      },
      {
        stack: config.stack,
        preview,
        answer: (resource) => (resource.type.startsWith("aws:") ? awsAnswer(resource) : answer(resource)),
        call: awsCall,
      },
    ),
  );
}
