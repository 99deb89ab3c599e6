export { parseConfig } from "./parse";
export { ConfigError, type Problem } from "./problem";
export type {
  AccessConfig,
  AcmeConfig,
  AwsConfig,
  AwsStackConfig,
  IngressTimeouts,
  LocalConfig,
  LocalStackConfig,
  PoolConfig,
  StackConfig,
} from "./schema";
