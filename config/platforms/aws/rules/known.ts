import type { KnownOf } from "../../types";
import type { keys, poolKeys } from "../schema";

/** What is known of a configuration that may have problems. */
export type AwsKnown = KnownOf<typeof keys, typeof poolKeys>;
