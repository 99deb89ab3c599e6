import { PLATFORMS } from "../platforms";
import { stackSchemaOf } from "./stack";

export { ACME_DIRECTORY, MANAGER_COUNTS } from "./constants";
export type * from "./types";

/** All keys of a stack, with those of all platforms. */
export const stackSchema = stackSchemaOf(PLATFORMS);
