import { reviewBilled, type Billed } from "./billed";
import { reviewDangers, type DangersReview } from "./dangers";
import { hostsOf, loadBalancersOf, instancesOf, type ReviewedHost, type ReviewedEntryPoint } from "./instances";
import { reviewManagers } from "./managers";
import { picture } from "./picture";
import { reviewPolicies, type BrokenPolicy } from "./policies";
import { reviewPorts, type PortsReview } from "./ports";
import type { Change, Preview } from "./preview";
import { reviewState, type StateReview } from "./state";
import { reviewTiers, type TierReview } from "./tiers";
import { stepsAgain } from "./steps";
import { reviewEntryPoints } from "./entry-points";
import { afterZoneLoss } from "./zones";

/** Everything that a reviewer should know about an update before it is deployed. */
export interface Review {
  readonly stack: string;
  readonly hosts: readonly ReviewedHost[];
  /** Bastion and load balancers, which are no hosts of the swarm. */
  readonly others: readonly ReviewedEntryPoint[];
  /** Every resource, with what happens to it. */
  readonly changed: readonly Change[];
  readonly tiers: readonly TierReview[];
  /** What the stack survives after the update. */
  readonly afterZoneLoss: string;
  /** Mermaid. */
  readonly picture: string;
  readonly ports: PortsReview;
  readonly state: StateReview;
  readonly billed: readonly Billed[];
  readonly dangers: DangersReview;
  /** Broken policies, which can't be acknowledged. */
  readonly policies: readonly BrokenPolicy[];
}

/** Judges a preview. Pure: the same preview always gives the same review. */
export function reviewOf(preview: Preview): Review {
  const { stack, changes } = preview;
  const instances = instancesOf(changes);
  const hosts = hostsOf(changes);
  const managers = reviewManagers(hosts);
  const ports = reviewPorts(changes);
  const steps = stepsAgain(changes);
  const state = reviewState(changes, instances);
  return {
    stack,
    hosts,
    others: [...instances.filter(({ role }) => role === "bastion"), ...loadBalancersOf(instances, changes)],
    changed: changes.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
    tiers: [...reviewTiers(hosts, managers, steps), ...reviewEntryPoints(instances, hosts, changes, steps)],
    afterZoneLoss: afterZoneLoss(hosts),
    picture: picture(instances, changes),
    ports,
    state,
    billed: reviewBilled(preview),
    dangers: reviewDangers(preview, { hosts, managers, ports, state }),
    policies: reviewPolicies(preview),
  };
}
