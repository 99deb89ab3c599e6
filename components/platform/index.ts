import type * as pulumi from "@pulumi/pulumi";
import type { PlatformName, StackConfigs } from "../../config/platforms";
import type { HostSpec } from "../../plan/placement";
import type { SshKeys } from "../ssh/keys";
import { createHostsPlatform } from "./hosts";
import { createLocalPlatform } from "./local";
import type { Platform } from "./types";

/** Arguments of {@link createPlatform}. */
export interface PlatformArgs<N extends PlatformName> {
  readonly config: StackConfigs[N] & { readonly platform: N };
  /** The plan: hosts by name, role and zone. */
  readonly hosts: readonly HostSpec[];
  /** Host keys by host name, and the key that logs in. @default hosts that exist already have theirs */
  readonly keys?: SshKeys | undefined;
  /** The resource that refuses a change of address ranges. A cloud's network depends on it; the local one checks itself. */
  readonly ranges: pulumi.Resource;
}

/** Creates each platform's resources. A platform with its own SDK loads it only when a stack uses it. */
const MAKERS: { readonly [N in PlatformName]: (args: PlatformArgs<N>) => Platform } = {
  local: (args) => createLocalPlatform({ ...args, keys: keysOf(args) }),
  aws: (args) => {
    // Local stacks don't load the AWS SDK.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at the start
    const { createAwsPlatform } = require("./aws") as typeof import("./aws");
    return createAwsPlatform({ ...args, keys: keysOf(args) });
  },
  hosts: createHostsPlatform,
};

function keysOf({ keys }: { readonly keys?: SshKeys | undefined }): SshKeys {
  if (keys === undefined) throw new Error("a platform that creates its hosts needs keys for them");
  return keys;
}

/** The platform that the configuration names. */
export function createPlatform<N extends PlatformName>(args: PlatformArgs<N>): Platform {
  const name: N = args.config.platform;
  return MAKERS[name](args);
}
