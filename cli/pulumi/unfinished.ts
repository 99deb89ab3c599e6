/**
 * What an interrupted run leaves in a stack's state, and how the next run continues from it.
 *
 * The Pulumi engine records each operation before it begins. For an interrupted one it only prints a warning, and then trusts a state
 * that may be wrong. A node that was removed from the cluster, but not yet from the state, counts as existing, and an `up`
 * reports success without it. Two marks of the Pulumi engine's own make it continue. They survive other runs in between, such as a
 * preview, and work however far the operation had come:
 *
 * - `taint`: the resource is deleted again, which is harmless when it is gone already, and recreated; one that the program no
 *   longer has is only deleted. Source: pulumi/pulumi pkg/resource/deploy/step_generator.go, isTargetedReplace; since 3.192.
 * - `initErrors`: the resource is updated again, even without a change (the config may have been reverted since).
 *   Source: the same file, hasInitErrors.
 *
 * An interrupted create needs neither. The state doesn't have the resource, so it is created again, over what is left.
 */

/** A resource as `pulumi stack export` prints it, the fields that are used. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
  /** The old one of a pair whose successor exists already: the Pulumi engine deletes it by itself. */
  readonly delete?: boolean;
  /** Deleted, and to be recreated: the Pulumi engine does so by itself. */
  readonly pendingReplacement?: boolean;
  readonly taint?: boolean;
  readonly initErrors?: readonly string[];
}

/** A deployment as `pulumi stack export` prints it. */
export interface State {
  readonly resources?: readonly StateResource[] | null;
  readonly pending_operations?:
    readonly { readonly type: string; readonly resource: { readonly urn: string; readonly id?: string } }[] | null;
}

/** URNs of what the next run must do again. */
export interface Unfinished {
  /** To be recreated. */
  readonly replace: readonly string[];
  /** To be updated again. */
  readonly update: readonly string[];
}

/** Types whose operations change something outside the state. The others (keys, certificates) are only in the state. */
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
      const instances = undone ? instancesLeftBehind(resource, resources) : [];
      if (instances.length > 0) return instances;
      return beingDeleted && isUndoable(resource) ? [resource] : [];
    })
    .filter((resource) => resource.pendingReplacement !== true && resource.taint !== true);
  const update = resources.filter(
    (resource) => WITH_EFFECT.test(resource.type) && interrupted(resource, "updating") && !replace.includes(resource),
  );
  return { replace: urnsOf(replace), update: urnsOf(update) };
}

/**
 * The instances that a deleted step belonged to, if they still exist.
 *
 * A node's step is deleted because its instance is replaced; its delete removes the node from the swarm. Then the instance is
 * no member of the swarm any more, although its join step is still in the state. So the interrupted replacement begins again
 * with the instance. The triggers of the deleted step don't have the id of an instance that is new already.
 */
function instancesLeftBehind(step: StateResource, resources: readonly StateResource[]): StateResource[] {
  const triggers = step.inputs?.["triggers"];
  const causes = step.propertyDependencies?.["triggers"] ?? [];
  return resources.filter(
    ({ urn, id }) => causes.includes(urn) && Array.isArray(triggers) && triggers.includes(id ?? undefined),
  );
}

/**
 * The steps that must run again for an instance that has lost its file system but not its data. They are the steps that would
 * be replaced with it: its identity is one of their triggers.
 *
 * @param instance its URN
 */
export function stepsOf(instance: string, resources: readonly StateResource[]): string[] {
  return urnsOf(
    resources.filter(
      ({ type, propertyDependencies, delete: old }) =>
        old !== true && type.startsWith("command:") && propertyDependencies?.["triggers"]?.includes(instance) === true,
    ),
  );
}

/** Whether its delete does anything: among the steps, only those with a `delete` command. */
function isUndoable({ type, inputs }: StateResource): boolean {
  return !type.startsWith("command:") || inputs?.["delete"] !== undefined;
}

function urnsOf(resources: readonly StateResource[]): string[] {
  return [...new Set(resources.map(({ urn }) => urn))];
}

/** Whether there is nothing to do again. */
export function isWhole({ replace, update }: Unfinished): boolean {
  return replace.length + update.length === 0;
}

/** The state with both marks set, and without pending operations. Nothing else in it changes. */
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
