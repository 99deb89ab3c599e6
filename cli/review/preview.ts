import { z } from "zod";
import { markUnknowns, nameOfUrn, type Planned } from "../../policy/planned";
import { UserError } from "../terminal/errors";

const stateSchema = z.object({
  type: z.string(),
  protect: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
});

const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: stateSchema.nullish(),
  newState: stateSchema.nullish(),
  replaceReasons: z.array(z.string()).nullish(),
  diffReasons: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

/** What `pulumi preview --json` prints, the fields that are used. Source: pulumi/pulumi pkg/backend/display/json.go. */
const previewSchema = z.object({
  config: z.record(z.string(), z.string()).nullish(),
  steps: z.array(stepSchema).nullish(),
  diagnostics: z.array(z.object({ message: z.string().optional(), severity: z.string().optional() })).nullish(),
  changeSummary: z.record(z.string(), z.number()).nullish(),
});

type Step = z.infer<typeof stepSchema>;

/** What an update would do with a resource. */
export type ChangeKind = "added" | "removed" | "replaced" | "updated" | "unchanged";

/** One resource of a preview. */
export interface Change {
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  readonly kind: ChangeKind;
  /** Before the update. @default it is added */
  readonly before?: Planned;
  /** After the update. @default it is removed */
  readonly after?: Planned;
  /** Changed properties, if the provider reports them. */
  readonly reasons: readonly string[];
}

/** A preview, one entry for each resource. */
export interface Preview {
  readonly stack: string;
  /** The stack's configuration by key, structured values as JSON, secrets masked. */
  readonly config: Readonly<Record<string, string>>;
  readonly changes: readonly Change[];
}

/** Operations of the Pulumi engine. Source: pulumi/pulumi sdk/go/common/display, and pkg/resource/deploy/step.go. */
const KINDS: Readonly<Record<string, ChangeKind>> = {
  same: "unchanged",
  read: "unchanged",
  refresh: "unchanged",
  create: "added",
  import: "added",
  update: "updated",
  delete: "removed",
  discard: "removed",
  "read-discard": "removed",
  replace: "replaced",
  "create-replacement": "replaced",
  "delete-replaced": "replaced",
  "discard-replaced": "replaced",
  "read-replacement": "replaced",
  "import-replacement": "replaced",
  "remove-pending-replace": "replaced",
};

/**
 * Reads the text of `pulumi preview --json --show-sames`.
 *
 * @throws UserError when it isn't a preview, the preview failed, or it leaves out unchanged resources
 */
export function parsePreview(text: string, from: string): Preview {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // It may be an error message instead of a preview.
    const said = text.trim().split("\n").slice(-MOST_LINES).join("\n");
    throw new UserError(`${from} is not JSON. ${HOW_TO_MAKE}${said === "" ? "" : `\nIt contains:\n${said}`}`);
  }
  const read = previewSchema.safeParse(json);
  if (!read.success) throw new UserError(`${from} is not a preview: ${z.prettifyError(read.error)}\n${HOW_TO_MAKE}`);
  const { steps, config, diagnostics, changeSummary } = read.data;
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new UserError(`${from} failed:\n${errors.map(({ message }) => message?.trim() ?? "").join("\n")}`);
  }
  const changes = merge(steps ?? []);
  const same = changes.filter(({ kind }) => kind === "unchanged").length;
  if (same < (changeSummary?.["same"] ?? 0)) {
    throw new UserError(`${from} leaves out unchanged resources, so the review would be incomplete. ${HOW_TO_MAKE}`);
  }
  const [first] = changes;
  if (first === undefined) throw new UserError(`${from} has no resources. ${HOW_TO_MAKE}`);
  return { stack: first.urn.split(":")[2] ?? "", config: config ?? {}, changes };
}

/** Lines that are shown of a text that is no preview. */
const MOST_LINES = 15;

const HOW_TO_MAKE = "Create one with: pulumi preview --json --show-sames > preview.json";

/** One change for each resource. A replacement may be several steps. After an interrupted run, the old resource of a pair is deleted, too. */
function merge(steps: readonly Step[]): Change[] {
  const byUrn = new Map<string, Step[]>();
  for (const step of steps) byUrn.set(step.urn, [...(byUrn.get(step.urn) ?? []), step]);
  return [...byUrn].map(([urn, all]) => {
    const kinds = all.map(({ op }) => kindOf(op));
    const kind = kinds.includes("replaced") ? "replaced" : (kinds.find((one) => one !== "removed") ?? "removed");
    const name = nameOfUrn(urn);
    const states = all.filter(({ op }) => kinds.length === 1 || kind === "replaced" || kindOf(op) !== "removed");
    const before = kind === "added" ? undefined : states.find(({ oldState }) => oldState)?.oldState;
    const after = kind === "removed" ? undefined : states.find(({ newState }) => newState)?.newState;
    const { type = urn.split("::")[2]?.split("$").pop() ?? "" } = after ?? before ?? {};
    return {
      urn,
      name,
      type,
      kind,
      ...(before ? { before: planned(urn, before) } : {}),
      ...(after ? { after: planned(urn, after) } : {}),
      reasons: [...new Set(all.flatMap(reasonsOf))].sort(),
    };
  });
}

/** @throws UserError for an unknown operation: a review must not ignore it */
function kindOf(op: string): ChangeKind {
  const kind = KINDS[op];
  if (kind === undefined) throw new UserError(`The preview has an unknown operation: ${JSON.stringify(op)}.`);
  return kind;
}

function reasonsOf({ replaceReasons, diffReasons, detailedDiff }: Step): string[] {
  const replacing = replaceReasons ?? [];
  return replacing.length > 0 ? replacing : [...(diffReasons ?? []), ...Object.keys(detailedDiff ?? {})];
}

function planned(urn: string, state: z.infer<typeof stateSchema>): Planned {
  const references = Object.entries(state.propertyDependencies ?? {});
  return {
    urn,
    type: state.type,
    name: nameOfUrn(urn),
    inputs: markUnknowns(state.inputs ?? {}) as Record<string, unknown>,
    protect: state.protect === true,
    references: Object.fromEntries(references.map(([property, urns]) => [property, urns ?? []])),
  };
}
