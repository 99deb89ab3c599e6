/** The platforms, for the commands: nothing else in `cli` knows one by its name. */
import { aws } from "./aws";
import { hosts } from "./hosts";
import { local } from "./local";
import type { Platform, PlatformName } from "./types";

/** Platforms by name. */
export const PLATFORMS: Readonly<Record<PlatformName, Platform>> = { local, aws, hosts };

/** What names a platform: a stack file. */
interface Named {
  readonly platform?: string | undefined;
}

/** The platform that a stack file names; undefined where only Pulumi ESC names it. */
export function cliPlatformOf({ platform }: Named): Platform | undefined {
  return Object.entries(PLATFORMS).find(([name]) => name === platform)?.[1];
}

/**
 * The platforms that a stack may be on: the one that its file names. Where only Pulumi ESC names it, all whose state is
 * elsewhere: each decides by the file's keys and by the state whether it has anything to do.
 */
export function platformsOf(file: Named): readonly Platform[] {
  const named = cliPlatformOf(file);
  return named === undefined ? Object.values(PLATFORMS).filter(({ localState }) => localState !== true) : [named];
}
