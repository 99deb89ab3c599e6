export { parseConfig } from "./parse";
export { platformOf, type StackConfig } from "./platforms";
export { ConfigError, type Problem } from "./problem";
export type { AcmeConfig, IngressTimeouts, PoolConfig } from "./schema";
