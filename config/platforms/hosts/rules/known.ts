import type { KnownOf } from "../../types";
import type { keys } from "../schema";

/** The valid part of a configuration. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- its pools have no keys of their own
export type HostsKnown = KnownOf<typeof keys, {}>;
