import { PLATFORMS } from "../platforms";
import { stackSchemaOf } from "./stack";

export { ACME_DIRECTORY, MANAGER_COUNTS } from "./constants";
export type * from "./types";

/** Everything that a stack can be told, with the keys of all platforms. */
export const stackSchema = stackSchemaOf(PLATFORMS);
