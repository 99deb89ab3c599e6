import type { ChangeKind, Preview } from "../../../cli/review/preview";
import { parsePreview } from "../../../cli/review/preview";

/** One step of a preview, as the Pulumi engine writes it. */
export interface StepOptions {
  readonly op?: string;
  readonly inputs?: Record<string, unknown>;
  /** Inputs of the old state, where they differ. */
  readonly old?: Record<string, unknown>;
  readonly protect?: boolean;
  readonly protectedBefore?: boolean;
  readonly references?: Record<string, string[]>;
  readonly outputs?: Record<string, unknown>;
  readonly more?: Record<string, unknown>;
}

const OPS: Readonly<Record<ChangeKind, string>> = {
  added: "create",
  removed: "delete",
  replaced: "replace",
  updated: "update",
  unchanged: "same",
};

/** A resource's step. */
export function step(type: string, name: string, options: StepOptions = {}): Record<string, unknown> {
  const { op = "same", inputs = {}, old = inputs, outputs, references = {}, more = {} } = options;
  const common = {
    type,
    custom: true,
    ...(outputs === undefined ? {} : { outputs }),
    propertyDependencies: Object.fromEntries(
      Object.entries(references).map(([key, names]) => [key, names.map((one) => `urn:pulumi:x::swarm-ha::t::${one}`)]),
    ),
  };
  return {
    op,
    urn: `urn:pulumi:x::swarm-ha::swarm-ha:p:P$${type}::${name}`,
    ...(op === "create" ? {} : { oldState: { ...common, inputs: old, protect: options.protectedBefore ?? false } }),
    ...(op === "delete" ? {} : { newState: { ...common, inputs, protect: options.protect ?? false } }),
    ...more,
  };
}

/** A host's step. */
export function host(name: string, zone: string, kind: ChangeKind = "unchanged"): Record<string, unknown> {
  const tier = name.replace(/-\d+$/, "");
  const role = tier === "manager" || tier === "registry" ? tier : "worker";
  return instance(name, role, zone, kind);
}

/** An instance's step. */
export function instance(name: string, role: string, zone: string, kind: ChangeKind): Record<string, unknown> {
  const pool = /^(.*)-\d+$/.exec(name)?.[1];
  const labels = {
    "swarm-ha.host": name,
    "swarm-ha.role": role,
    "swarm-ha.zone": zone,
    ...(pool === undefined ? {} : { "swarm-ha.pool": pool }),
  };
  return step("pulumi-nodejs:dynamic/swarm-ha:Container", name, { op: OPS[kind], inputs: { labels } });
}

/** Zones of the tests. */
export const ZONES = ["zone-a", "zone-b", "zone-c"] as const;

/** Hosts `<pool>-1` and so on, over the three zones. */
export function hosts(pool: string, kinds: readonly ChangeKind[]): Record<string, unknown>[] {
  return kinds.map((kind, i) => host(`${pool}-${i + 1}`, ZONES[i % 3] ?? "", kind));
}

/** `n` times the same. */
export function times(n: number, kind: ChangeKind): ChangeKind[] {
  return Array.from({ length: n }, () => kind);
}

/** The text of a preview. */
export function previewText(
  steps: readonly Record<string, unknown>[],
  config: Record<string, string> = {},
  more: Record<string, unknown> = {},
): string {
  return JSON.stringify({ config, steps, ...more });
}

/** A preview, read. */
export function preview(steps: readonly Record<string, unknown>[], config: Record<string, string> = {}): Preview {
  return parsePreview(previewText(steps, config), "the test's preview");
}
