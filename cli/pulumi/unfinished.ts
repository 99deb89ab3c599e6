/**
 * What an interrupted run leaves in a stack's state, and how the next one is told to go on from it.
 *
 * The engine notes each operation before it begins, but makes little of the note: of all interrupted ones it only warns,
 * and then goes by a state that may be wrong. A node that was removed in the cluster, but not yet in the state, counts as
 * there, and an `up` reports success without it. Both marks that tell it to go on are its own, outlive the runs in
 * between (a preview, say), and take nothing for granted about how far the operation had come:
 *
 * - `taint`: deleted again, which is harmless when it is gone already, then made again; where it isn't wanted any more,
 *   only deleted. Source: pulumi/pulumi pkg/resource/deploy/step_generator.go, isTargetedReplace; since 3.192.
 * - `initErrors`: updated again, also when nothing seems to have changed (the config may have been taken back since).
 *   Source: the same file, hasInitErrors.
 *
 * An interrupted create needs neither. The state doesn't know the resource, so it is created again, over what is left.
 */

/** A resource as `pulumi stack export` has it, as far as it matters here. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  /** The old one of a pair, whose successor is there already: the engine deletes it by itself. */
  readonly delete?: boolean;
  /** Deleted, to be made again: the engine does so by itself. */
  readonly pendingReplacement?: boolean;
  readonly taint?: boolean;
  readonly initErrors?: readonly string[];
}

/** A deployment as `pulumi stack export` has it. */
export interface State {
  readonly resources?: readonly StateResource[] | null;
  readonly pending_operations?:
    readonly { readonly type: string; readonly resource: { readonly urn: string; readonly id?: string } }[] | null;
}

/** URNs of what the next run has to do over. */
export interface Unfinished {
  /** To be made anew. */
  readonly replace: readonly string[];
  /** To be updated once more. */
  readonly update: readonly string[];
}

/** Types whose operations do something outside the state. The rest (keys, certificates) is nothing but state. */
export const WITH_EFFECT = /^(command:|pulumi-nodejs:dynamic)/;

/** Finds what an interrupted run has left half done. */
export function unfinished(state: State): Unfinished {
  const resources = (state.resources ?? []).filter((resource) => resource.delete !== true);
  const interrupted = (resource: StateResource, operation: string): boolean =>
    (state.pending_operations ?? []).some(
      ({ type, resource: { urn, id } }) => type === operation && urn === resource.urn && id === resource.id,
    );
  const replace = resources
    .filter(({ type, taint }) => WITH_EFFECT.test(type) && taint !== true)
    .flatMap((resource): readonly StateResource[] => {
      const beingDeleted = interrupted(resource, "deleting");
      const undone =
        (beingDeleted || resource.pendingReplacement === true) && resource.inputs?.["delete"] !== undefined;
      const machines = undone ? machinesLeftBehind(resource, resources) : [];
      if (machines.length > 0) return machines;
      return beingDeleted && isUndoable(resource) ? [resource] : [];
    })
    .filter((resource) => resource.pendingReplacement !== true && resource.taint !== true);
  const update = resources.filter(
    (resource) => WITH_EFFECT.test(resource.type) && interrupted(resource, "updating") && !replace.includes(resource),
  );
  return { replace: urnsOf(replace), update: urnsOf(update) };
}

/**
 * The machines that an undone step had been made for, if they are still there.
 *
 * A step that is undone (a node's, whose delete removes it from the swarm) is undone because its machine goes, and
 * steps before it count on it: a machine that was removed from the swarm is no member any more, whatever its join says.
 * So the replacement that was interrupted goes on from its beginning. Of a machine that is new already the step knows
 * nothing yet.
 */
function machinesLeftBehind(step: StateResource, resources: readonly StateResource[]): StateResource[] {
  const triggers = step.inputs?.["triggers"];
  const causes = step.propertyDependencies?.["triggers"] ?? [];
  return resources.filter(
    ({ urn, id }) => causes.includes(urn) && Array.isArray(triggers) && triggers.includes(id ?? undefined),
  );
}

/**
 * The steps that were done for a machine, and that have to be done again when it has lost its file system but not its
 * data. Those are the ones that would be replaced with the machine: its identity is one of their triggers.
 */
export function stepsOf(machine: string, resources: readonly StateResource[]): string[] {
  return urnsOf(
    resources.filter(
      ({ type, propertyDependencies, delete: old }) =>
        old !== true && type.startsWith("command:") && propertyDependencies?.["triggers"]?.includes(machine) === true,
    ),
  );
}

/** Whether deleting it does anything: of the steps only those that say how they are undone. */
function isUndoable({ type, inputs }: StateResource): boolean {
  return !type.startsWith("command:") || inputs?.["delete"] !== undefined;
}

function urnsOf(resources: readonly StateResource[]): string[] {
  return [...new Set(resources.map(({ urn }) => urn))];
}

/** Whether nothing has to be done over. */
export function isWhole({ replace, update }: Unfinished): boolean {
  return replace.length + update.length === 0;
}

/** The state with both marks set, and without operations that pend. Nothing else in it is touched. */
export function marked(state: State, { replace, update }: Unfinished): State {
  const mark = (resource: StateResource): StateResource => ({
    ...resource,
    ...(replace.includes(resource.urn) ? { taint: true } : {}),
    ...(update.includes(resource.urn) ? { initErrors: ["its update was interrupted"] } : {}),
  });
  return {
    ...state,
    resources: (state.resources ?? []).map((resource) => (resource.delete === true ? resource : mark(resource))),
    pending_operations: [],
  };
}
