import { LABELS } from "../../plan/labels";
import { z } from "zod";
import { instanceTypeTokens } from "../../policy/instance";
import { UNKNOWN_MARKS } from "../../policy/planned";

/** A resource as `pulumi stack export` writes it. */
const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().optional(),
  id: z.string().optional(),
  protect: z.boolean().optional(),
  /** Set on the old resource while its replacement is incomplete. */
  delete: z.boolean().optional(),
  /** Set on what the next `up` replaces, whatever its inputs are; see cli/pulumi/unfinished.ts. */
  pendingReplacement: z.boolean().optional(),
  taint: z.boolean().optional(),
  /** Which resources an input comes from, by its name. */
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

/** What `pulumi stack export` prints, the fields that are used. */
export const deploymentSchema = z.object({
  deployment: z
    .object({
      resources: z.array(resourceSchema).nullish(),
      /** What an interrupted run had begun. */
      pending_operations: z.array(z.object({ type: z.string() })).nullish(),
    })
    .nullish(),
});

/** See {@link deploymentSchema}. */
export type Deployment = z.infer<typeof deploymentSchema>;
/** A resource of a {@link Deployment}. */
export type Resource = z.infer<typeof resourceSchema>;

/** An instance in the state: a host, the bastion or a load balancer. */
export interface Instance {
  /** Its name in the stack: `manager-1`, `bastion`, `lb-manager`. */
  readonly name: string;
  /** Label `swarm-ha.role`. */
  readonly role: string;
  /** Label `swarm-ha.zone`; empty without. */
  readonly zone: string;
  readonly urn: string;
  /** Physical id, which is a host's identity. */
  readonly id: string;
}

/** All resources, without the old ones of replacements that are half done. */
export function resourcesOf(deployment: Deployment): Resource[] {
  return (deployment.deployment?.resources ?? []).filter((resource) => resource.delete !== true);
}

/**
 * Hosts, bastion and load balancers, with their labels or tags.
 *
 * From the state, not from the stack's outputs: the outputs are those of the last `up` that finished. The state also has
 * every host that was created since.
 */
export function instancesOf(deployment: Deployment): Instance[] {
  // Other resources carry the labels of the instance that they belong to.
  const types = instanceTypeTokens();
  return resourcesOf(deployment).flatMap((resource): Instance[] => {
    if (!types.includes(resource.type) || resource.id === undefined || resource.id === "") return [];
    const labels = findLabels(resource.outputs) ?? findLabels(resource.inputs);
    const role = labels?.[LABELS.role];
    if (labels === undefined || typeof role !== "string") return [];
    const { [LABELS.host]: host, [LABELS.zone]: zone } = labels;
    return [
      {
        name: typeof host === "string" ? host : nameOf(resource.urn),
        role,
        zone: typeof zone === "string" ? zone : "",
        urn: resource.urn,
        id: resource.id,
      },
    ];
  });
}

/** Names of protected resources: a destroy stops half-way at the first of them. */
export function protectedResources(deployment: Deployment): string[] {
  return resourcesOf(deployment)
    .filter((resource) => resource.protect === true)
    .map((resource) => `${nameOf(resource.urn)} (${resource.type})`);
}

/** The stack's outputs, secrets in plain text when the export shows them. */
export function outputsOf(deployment: Deployment): Record<string, unknown> {
  const stack = resourcesOf(deployment).find((resource) => resource.type === "pulumi:pulumi:Stack");
  return (unwrap(stack?.outputs ?? {}) ?? {}) as Record<string, unknown>;
}

/** Last part of a URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The object that holds `swarm-ha.role`, wherever a platform's resource has it, a few levels deep. */
function findLabels(value: unknown, depth = 3): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (LABELS.role in value) return value;
  if (depth === 0) return undefined;
  for (const inner of Object.values(value)) {
    const found = findLabels(inner, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Marks of special values and of secrets among them. Source: pulumi/pulumi sdk/go/common/resource/sig. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Replaces an output that the last `up` couldn't compute, because its resource couldn't be created. */
export const UNKNOWN = "unknown";

/** Unwraps secrets at any depth, and replaces the Pulumi engine's mark of unknown values by {@link UNKNOWN}. */
export function unwrap(value: unknown): unknown {
  if (UNKNOWN_MARKS.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  const secret = secretIn(value);
  if (secret !== undefined) return unwrap(secret.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** What a value holds that Pulumi has marked as a secret; undefined when it is none. */
export function secretIn(value: object): { readonly value: unknown } | undefined {
  const { [SIGNATURE]: mark, plaintext } = value as Readonly<Record<string, unknown>>;
  return mark === SECRET && typeof plaintext === "string" ? { value: JSON.parse(plaintext) as unknown } : undefined;
}

/** A value that Pulumi encrypts when the state is imported. The inverse of {@link secretIn}. */
export function asSecret(value: unknown): object {
  return { [SIGNATURE]: SECRET, plaintext: JSON.stringify(value) };
}
