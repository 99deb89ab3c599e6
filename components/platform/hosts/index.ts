import type { HostsStackConfig } from "../../../config/platforms/hosts";
import type { HostSpec } from "../../../plan/placement";
import type { Platform } from "../types";

/** Arguments of {@link createHostsPlatform}. */
export interface HostsPlatformArgs {
  readonly config: HostsStackConfig;
  /** The plan: the inventory. */
  readonly hosts: readonly HostSpec[];
}

/** Hosts that exist already, reached by SSH. */
export function createHostsPlatform(args: HostsPlatformArgs): Platform {
  throw new Error(`not built yet: ${args.config.stack}`);
}
