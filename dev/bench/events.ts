/** The Pulumi engine's event log as a clock: which kinds of resources were at work from when to when. */
import { existsSync, readFileSync } from "node:fs";

/** The parts of an event that matter here. */
interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOutputsEvent?: { readonly metadata: Metadata };
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
}

/** When something was first begun and last ended, in seconds since the run's start. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a resource is for, as the table says it. */
export function phaseOf({ urn, type }: Pick<Metadata, "urn" | "type">): string | undefined {
  const name = urn.split("::").at(-1) ?? "";
  if (type.endsWith("swarm-ha:Container")) return "hosts";
  if (type.endsWith("swarm-ha:HostImage")) return "images";
  if (!type.startsWith("command:")) return undefined;
  if (name.startsWith("prepare-")) return "prepare";
  if (name === "init") return "init";
  if (name.startsWith("stack-")) return name.slice("stack-".length);
  const host = /^(?:token|join-manager|join-worker|node)-(.*)$/.exec(name)?.[1];
  if (host === undefined) return undefined;
  return host.startsWith("manager-") ? "managers" : "workers";
}

/**
 * Watches an event log while it is being written: its own times are whole seconds.
 *
 * @returns a function that ends the watch and tells the spans of phases in which something was created
 */
export function watchEvents(path: string): () => ReadonlyMap<string, Span> {
  const started = performance.now();
  const spans = new Map<string, Span>();
  let read = 0;
  const look = (): void => {
    if (!existsSync(path)) return;
    const now = (performance.now() - started) / 1000;
    const text = readFileSync(path, "utf8");
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text
      .slice(read, end)
      .split("\n")
      .filter((one) => one !== ""))
      note(spans, JSON.parse(line) as EngineEvent, now);
    read = end;
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    look();
    return spans;
  };
}

function note(spans: Map<string, Span>, event: EngineEvent, now: number): void {
  const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
  if (metadata?.op !== "create") return;
  const phase = phaseOf(metadata);
  if (phase !== undefined) spans.set(phase, { from: spans.get(phase)?.from ?? now, to: now });
}
