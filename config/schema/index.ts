export { ACME_DIRECTORY, MANAGER_COUNTS, PLATFORM_DEFAULTS } from "./constants";
export { stackSchema } from "./stack";
export type * from "./types";
