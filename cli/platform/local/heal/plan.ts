import { volumeOf } from "../../../../components/platform/local/container-spec";
import type { KnownInstance, KnownObjects } from "./state";
import type { Found, FoundContainer } from "./survey";

/** An action that brings the Docker engine's objects back to what is in the state, without a loss. */
export type HealAction =
  /** Recreates the stack's network. */
  | { readonly kind: "network"; readonly network: string }
  /** Creates a container for a host whose data are there. `replaces`: one that was created and never started. */
  | { readonly kind: "restore"; readonly instance: KnownInstance; readonly replaces?: string }
  | { readonly kind: "rename"; readonly instance: KnownInstance; readonly container: FoundContainer }
  /** Puts a container on the network, with its address. */
  | { readonly kind: "connect"; readonly instance: KnownInstance; readonly container: FoundContainer }
  | { readonly kind: "resume"; readonly instance: KnownInstance; readonly container: FoundContainer }
  | { readonly kind: "start"; readonly instance: KnownInstance; readonly container: FoundContainer };

/** The actions, and what is lost. */
export interface HealPlan {
  /** In this order; those of different hosts are independent. */
  readonly actions: readonly HealAction[];
  /** Hosts that are gone with their data, and have to be replaced. */
  readonly gone: readonly KnownInstance[];
  /** Shared volumes that are gone: they are recreated empty. */
  readonly emptied: readonly string[];
}

/** States of a container that runs, or will without help. */
const RUNNING = ["running", "restarting"];

/**
 * Compares the Docker engine's objects with the state. Pure.
 *
 * Without a container, the data decide: a host's are on its Docker engine's volume; bastion and load balancers have none.
 */
export function planHeal(known: KnownObjects, found: Found): HealPlan {
  const { network } = known;
  if (network === undefined) return { actions: [], gone: [], emptied: [] };
  const gone: KnownInstance[] = [];
  const actions = known.instances.flatMap((instance): HealAction[] => {
    const container = found.containers.find(({ identity }) => identity === instance.identity);
    if (container === undefined || neverStarted(container)) {
      const data = !instance.nested || found.volumes.includes(volumeOf(instance.container));
      if (!data) gone.push(instance);
      return data
        ? [{ kind: "restore", instance, ...(container === undefined ? {} : { replaces: container.id }) }]
        : [];
    }
    const place = container.networks[instance.network];
    const placed = place !== undefined && place.id === found.network && place.address === instance.address;
    return [
      ...(container.name === instance.container ? [] : [{ kind: "rename", instance, container } as const]),
      ...(placed ? [] : [{ kind: "connect", instance, container } as const]),
      ...(container.state === "paused" ? [{ kind: "resume", instance, container } as const] : []),
      ...(container.state === "paused" || RUNNING.includes(container.state)
        ? []
        : [{ kind: "start", instance, container } as const]),
    ];
  });
  const shared = new Set(
    known.instances.flatMap(({ volumes = [] }) => volumes.map((text) => text.split(":")[0] ?? "")),
  );
  return {
    actions: [
      ...(found.network === undefined ? [{ kind: "network", network: network.name } as const] : []),
      ...actions,
    ],
    gone,
    emptied: [...shared].filter((name) => !found.volumes.includes(name)),
  };
}

/** Whether it replaced a lost container in a run that was killed before its first start: it may be incomplete. */
function neverStarted({ id, identity, state }: FoundContainer): boolean {
  return state === "created" && id !== identity;
}
