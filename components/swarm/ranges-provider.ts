/** What the resource of ./ranges.ts does; loaded by name at run time. */
import type * as pulumi from "@pulumi/pulumi";

/** The settings of `swarm-ha:network` that hosts and swarm were made with, by key, and the stack that has them. */
export interface RangesInputs {
  readonly stack: string;
  readonly overlay: string;
  readonly apps: number;
  readonly engine: string;
  /** Where no network resource keeps it. */
  readonly hosts?: string;
}

const KEYS = ["hosts", "overlay", "apps", "engine"] as const;

/**
 * Refuses other ranges before anything is touched.
 *
 * An engine takes its own only when it starts for the first time, and the swarm its networks' when it is born; the steps
 * would give new ones to whatever is beside them (a worker's proxy, the ingress), which then look for each other in vain.
 *
 * @throws Error that names every key that changed.
 */
export function refuseChange(old: Partial<RangesInputs>, inputs: RangesInputs): void {
  const changed = KEYS.filter((key) => old[key] !== undefined && String(old[key]) !== String(inputs[key]));
  if (changed.length === 0) return;
  const stack = inputs.stack;
  const words = changed.map(
    (key) =>
      `swarm-ha:network.${key} is ${String(inputs[key])}, but the stack '${stack}' has ${String(old[key])}, for life`,
  );
  const former = changed.map((key) => `${key}: ${String(old[key])}`).join(", ");
  throw new Error(
    `${words.join("; ")}. Nothing has been touched: write { ${former} } again, or make the stack anew: ` +
      `npm run destroy -- ${stack}, then bring it up again`,
  );
}

/** They are nothing but remembered. */
export const ranges: pulumi.dynamic.ResourceProvider = {
  diff: (_id, old: Partial<RangesInputs>, inputs: RangesInputs) => {
    refuseChange(old, inputs);
    return Promise.resolve({ changes: KEYS.some((key) => old[key] === undefined && inputs[key] !== undefined) });
  },
  create: (inputs: RangesInputs) => Promise.resolve({ id: inputs.stack, outs: inputs }),
  // Of a key that wasn't known yet.
  update: (_id, _old, inputs: RangesInputs) => Promise.resolve({ outs: inputs }),
};
