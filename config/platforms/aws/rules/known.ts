import type { KnownOf } from "../../types";
import type { keys, poolKeys } from "../schema";

/** The valid part of a configuration. */
export type AwsKnown = KnownOf<typeof keys, typeof poolKeys>;
