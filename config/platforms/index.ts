import { aws } from "./aws";
import type { PlatformFacts } from "./facts";
import { hosts } from "./hosts";
import { local } from "./local";
import type { StackConfigOf } from "./types";

/**
 * All platforms, in the order of the documentation. The first one needs only this workstation. A platform has another folder in
 * components/platform.
 */
export const PLATFORMS = { local, aws, hosts };

/** Where a stack's hosts run. */
export type PlatformName = keyof typeof PLATFORMS;

/** Checked configurations by platform. */
export type StackConfigs = {
  readonly [N in PlatformName]: StackConfigOf<N, (typeof PLATFORMS)[N]["keys"], (typeof PLATFORMS)[N]["poolKeys"]>;
};

/** A checked configuration: it satisfies every rule of its platform and of `config/rules`. */
export type StackConfig = StackConfigs[PlatformName];

/** Facts about a stack's platform. */
export function platformOf({ platform }: Pick<StackConfig, "platform">): PlatformFacts {
  return PLATFORMS[platform];
}
