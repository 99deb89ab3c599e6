/** Provider of the resource of ./ranges.ts, loaded by name at run time. */
import type * as pulumi from "@pulumi/pulumi";

/**
 * The settings of `swarm-ha:network` with which hosts and swarm were created, by key, and the stack's name.
 *
 * (Without `apps`: the step stack-ingress reads that network's size from the swarm before it deploys. In a
 * stack that is older than this resource, only the swarm has it.)
 */
export interface RangesInputs {
  readonly stack: string;
  readonly overlay: string;
  readonly engine: string;
  /** Only if no network resource stores it. */
  readonly hosts?: string;
}

const KEYS = ["hosts", "overlay", "engine"] as const;

/** Makes Pulumi replace the resource without calling `diff`. The new one stores the current configuration. */
const REMEMBER = "--replace '**AddressRanges::ranges'";

/**
 * Refuses a stack that was renamed, in its preview. Our commands do so before they start Pulumi; a plain `pulumi up` is
 * checked here.
 *
 * @throws Error with the command that renames it back.
 */
export function refuseRename(old: Partial<RangesInputs>, { stack }: RangesInputs): void {
  if (old.stack === undefined || old.stack === stack) return;
  throw new Error(
    `the stack '${stack}' was created as '${old.stack}' and renamed since. Names of hosts, networks and certificates come ` +
      "from the stack's name, so an update would replace every host. Rename it back: " +
      `npm run pulumi -- stack rename ${old.stack} -s ${stack}`,
  );
}

/**
 * Refuses other ranges before anything is changed.
 *
 * A Docker engine uses its range only at its first start, and the swarm its ranges only at its creation. The steps
 * would give new ranges to a worker's proxy and to the ingress, which then couldn't reach each other.
 *
 * @throws Error that names every key that changed.
 */
export function refuseChange(old: Partial<RangesInputs>, inputs: RangesInputs): void {
  const changed = KEYS.filter((key) => old[key] !== undefined && old[key] !== inputs[key]);
  if (changed.length === 0) return;
  const stack = inputs.stack;
  const words = changed.map(
    (key) =>
      `swarm-ha:network.${key} is ${String(inputs[key])}, but the stack '${stack}' has ${String(old[key])}, and can't change it`,
  );
  const former = changed.map((key) => `${key}: ${String(old[key])}`).join(", ");
  throw new Error(
    `${words.join("; ")}. Nothing has been changed. Write { ${former} } again, or recreate the stack: ` +
      `npm run destroy -- ${stack}, then create it again. ` +
      // In a stack that is older than this resource, the first `up` with it stored the ranges that were configured then.
      "Only if the hosts really have the configured ranges, because an upgrade has stored wrong ones: " +
      `npm run pulumi -- up --stack ${stack} ${REMEMBER}`,
  );
}

/** The resource only stores the ranges. */
export const ranges: pulumi.dynamic.ResourceProvider = {
  diff: (_id, old: Partial<RangesInputs>, inputs: RangesInputs) => {
    refuseRename(old, inputs);
    refuseChange(old, inputs);
    return Promise.resolve({ changes: KEYS.some((key) => old[key] === undefined && inputs[key] !== undefined) });
  },
  create: (inputs: RangesInputs) => Promise.resolve({ id: inputs.stack, outs: inputs }),
  // Adds a key that was introduced later.
  update: (_id, _old, inputs: RangesInputs) => Promise.resolve({ outs: inputs }),
};
