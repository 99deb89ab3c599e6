import { volumeOf } from "../../../../components/platform/local/container-spec";
import type { KnownMachine, KnownObjects } from "./state";
import type { Found, FoundContainer } from "./survey";

/** One thing that brings the engine's objects back to what the state says, without a loss. */
export type HealAction =
  /** Makes the stack's network again. */
  | { readonly kind: "network"; readonly network: string }
  /** Makes a container for a machine whose data are there. `replaces`: one that was made and never started. */
  | { readonly kind: "restore"; readonly machine: KnownMachine; readonly replaces?: string }
  | { readonly kind: "rename"; readonly machine: KnownMachine; readonly container: FoundContainer }
  /** Puts a container on the network, with its address. */
  | { readonly kind: "connect"; readonly machine: KnownMachine; readonly container: FoundContainer }
  | { readonly kind: "resume"; readonly machine: KnownMachine; readonly container: FoundContainer }
  | { readonly kind: "start"; readonly machine: KnownMachine; readonly container: FoundContainer };

/** What is to be done. */
export interface HealPlan {
  /** In the order in which they are done; those of different machines are independent. */
  readonly actions: readonly HealAction[];
  /** Machines that are gone with their data: only a new machine can take their place. */
  readonly gone: readonly KnownMachine[];
  /** Volumes that machines share, and that are gone: they come back empty. */
  readonly emptied: readonly string[];
}

/** States of a container that runs, or is about to by itself. */
const RUNNING = ["running", "restarting"];

/**
 * Holds the engine's objects against the state. Pure.
 *
 * Of a machine without a container the data decide: a host's are on its engine's volume, all other machines have none.
 */
export function planHeal(known: KnownObjects, found: Found): HealPlan {
  const { network } = known;
  if (network === undefined) return { actions: [], gone: [], emptied: [] };
  const gone: KnownMachine[] = [];
  const actions = known.machines.flatMap((machine): HealAction[] => {
    const container = found.containers.find(({ identity }) => identity === machine.identity);
    if (container === undefined || neverStarted(container)) {
      const data = !machine.nested || found.volumes.includes(volumeOf(machine.container));
      if (!data) gone.push(machine);
      return data ? [{ kind: "restore", machine, ...(container === undefined ? {} : { replaces: container.id }) }] : [];
    }
    const place = container.networks[machine.network];
    const placed = place !== undefined && place.id === found.network && place.address === machine.address;
    return [
      ...(container.name === machine.container ? [] : [{ kind: "rename", machine, container } as const]),
      ...(placed ? [] : [{ kind: "connect", machine, container } as const]),
      ...(container.state === "paused" ? [{ kind: "resume", machine, container } as const] : []),
      ...(container.state === "paused" || RUNNING.includes(container.state)
        ? []
        : [{ kind: "start", machine, container } as const]),
    ];
  });
  const shared = new Set(known.machines.flatMap(({ volumes = [] }) => volumes.map((text) => text.split(":")[0] ?? "")));
  return {
    actions: [
      ...(found.network === undefined ? [{ kind: "network", network: network.name } as const] : []),
      ...actions,
    ],
    gone,
    emptied: [...shared].filter((name) => !found.volumes.includes(name)),
  };
}

/** Whether it is one of ours that took a lost one's place, and was cut off before its first start: half of it may be missing. */
function neverStarted({ id, identity, state }: FoundContainer): boolean {
  return state === "created" && id !== identity;
}
