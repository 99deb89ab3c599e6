/** Faults that a drive can set. */

/** See the file's head. Fields may be set at any time. */
export interface Faults {
  /** Zones that have no capacity for new instances. */
  readonly withoutCapacity: Set<string>;
  /** Instance types that a zone doesn't offer: `<type> <zone>`. */
  readonly notOffered: Set<string>;
  /** Hosts, by their tag `swarm-ha.host`, whose instances get no packages; set by `World.failPackages`. */
  readonly withoutPackages: Set<string>;
  /** Names of buckets that other accounts have. */
  readonly foreignBuckets: Set<string>;
  /** Seconds on AWS until EC2 sees a new instance profile. AWS's documentation says "several seconds". */
  profileDelay: number;
  /** Seconds on AWS until a new role or a changed policy counts for calls. */
  policyDelay: number;
  /** Seconds on AWS that an instance takes to end. It holds its address until then. */
  terminationTime: number;
  /** Seconds on AWS for which the tagging API lists what is gone. */
  tagMemory: number;
}

/** No faults, and AWS's usual delays. */
export function noFaults(): Faults {
  return {
    withoutCapacity: new Set(),
    notOffered: new Set(),
    withoutPackages: new Set(),
    foreignBuckets: new Set(),
    profileDelay: 10,
    policyDelay: 5,
    terminationTime: 30,
    tagMemory: 3600,
  };
}
