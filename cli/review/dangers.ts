import { DANGERS, type Danger } from "../../config/schema/acknowledge";
import { FACTS } from "../platform/facts";
import type { ReviewedHost } from "./instances";
import type { ManagersReview } from "./managers";
import type { PortsReview } from "./ports";
import type { Preview } from "./preview";
import type { StateReview } from "./state";
import { wholeTiers } from "./whole-tiers";

/** A danger of an update, and what it comes from. */
export interface FoundDanger {
  readonly name: Danger;
  readonly reasons: readonly string[];
  /** Whether the stack's configuration acknowledges it. */
  readonly acknowledged: boolean;
}

/** The dangers, and names in `swarm-ha:acknowledge` that this update doesn't need. */
export interface DangersReview {
  readonly found: readonly FoundDanger[];
  readonly stale: readonly string[];
}

/** The dangers that must be acknowledged by name before the update may be deployed. */
export function reviewDangers(
  preview: Pick<Preview, "config">,
  found: {
    readonly hosts: readonly ReviewedHost[];
    readonly managers: ManagersReview;
    readonly ports: PortsReview;
    readonly state: StateReview;
  },
): DangersReview {
  const { hosts, managers, ports, state } = found;
  const acknowledged = acknowledgedIn(preview);
  const reasons: Readonly<Record<Danger, readonly string[]>> = {
    "replaces-managers":
      managers.replaced.length > 1
        ? [
            `${managers.replaced.join(", ")} are replaced, one after the other; replace them with npm run replace, or in separate updates`,
          ]
        : [],
    "quorum-at-risk": managers.risks,
    "tier-unavailable": wholeTiers(hosts),
    "deletes-state": [
      ...state.lost,
      ...state.unprotected.map((name) => `${name} loses its protection: the next update may delete it`),
      ...(mayGo(preview) ? [] : state.loose.map(({ name }) => `${name} is new, and nothing protects it`)),
    ],
    "opens-to-world": ports.world.map(
      ({ from, to, protocol, port }) => `${from} may reach ${to} on ${protocol} ${port}`,
    ),
  };
  const dangers = DANGERS.filter((name) => reasons[name].length > 0).map((name) => ({
    name,
    reasons: reasons[name],
    acknowledged: acknowledged.includes(name),
  }));
  return { found: dangers, stale: acknowledged.filter((name) => !dangers.some((danger) => danger.name === name)) };
}

/** Whether the stack's configuration allows its data to be deleted with it: then new data needs no protection. */
function mayGo(preview: Pick<Preview, "config">): boolean {
  return Object.entries(FACTS).some(([name, { isThrowaway }]) => isThrowaway(settingIn(preview, name)));
}

/** `swarm-ha:acknowledge` of the preview; the program has validated it. */
function acknowledgedIn(preview: Pick<Preview, "config">): string[] {
  const value = settingIn(preview, "acknowledge");
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

/** A structured setting, which a preview shows as JSON; undefined without it, or if it isn't JSON. */
function settingIn({ config }: Pick<Preview, "config">, key: string): unknown {
  try {
    return JSON.parse(config[`swarm-ha:${key}`] ?? "");
  } catch {
    return undefined;
  }
}
