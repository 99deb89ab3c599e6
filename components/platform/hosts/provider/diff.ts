import { isDeepStrictEqual } from "node:util";
import { LABELS } from "../../../../plan/labels";
import { pinnedKey } from "../../../ssh/host-way";
import type { HostInputs, HostState } from "../host-inputs";

/** Answer to the Pulumi engine about a change. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** Inputs that are changed in place. `adopt` matters only when a host is claimed. */
const IN_PLACE = [
  "labels",
  "login",
  "bastion",
  "engine",
  "loadBalancer",
] as const satisfies readonly (keyof HostInputs)[];

/**
 * Compares inputs. Another name, address or host key means another host, and another role means other work: the host leaves the
 * stack with its former inputs, and joins it with its new ones. A host that wasn't set up is changed by the same inputs, too: the
 * Pulumi engine forgets after a `refresh` that its creation failed.
 *
 * @throws Error if a manager gets another address: Raft identifies managers by their addresses
 */
export function hostDifference(old: HostInputs & Partial<Pick<HostState, "complete">>, inputs: HostInputs): Difference {
  const otherKey = pinnedKey(old.login.hostKey) !== pinnedKey(inputs.login.hostKey);
  if (isManager(old) && isManager(inputs) && old.address !== inputs.address && old.name === inputs.name && !otherKey) {
    throw new Error(
      `the manager ${inputs.name} has the address ${old.address}, and the inventory says ${inputs.address}. Managers keep their ` +
        `addresses: give it ${old.address} again, or list it under another host name`,
    );
  }
  const replaces = [
    ...(["stack", "name", "address"] as const).filter((key) => old[key] !== inputs[key]),
    ...(otherKey ? ["login"] : []),
    ...(roleOf(old) === roleOf(inputs) ? [] : ["labels"]),
  ];
  const changed = IN_PLACE.filter((key) => !isDeepStrictEqual(old[key], inputs[key]));
  const changes = replaces.length + changed.length > 0 || old.complete === false;
  return { changes, replaces, deleteBeforeReplace: true };
}

/** What the host does in the stack. */
export function roleOf({ labels }: Pick<HostInputs, "labels">): string {
  return labels[LABELS.role] ?? "";
}

function isManager(inputs: HostInputs): boolean {
  return roleOf(inputs) === "manager";
}
