import type { HostTraits } from "../platform/types";

/** Traits of hosts whose platform has none of its own. */
export const CONTAINERS: HostTraits = {
  keepsVolumes: false,
  missing: "its container is gone",
  stopped: "its container can't be started",
  another: "its container isn't the one in the stack's state",
};
