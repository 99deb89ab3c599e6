import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config";
import type { SshKeys } from "../ssh/keys";
import { LocalPlatform } from "./local";
import type { HostSpec } from "../../plan/placement";
import type { Platform } from "./types";

/** Arguments of {@link createPlatform}. */
export interface PlatformArgs {
  readonly config: StackConfig;
  /** The plan: hosts by name, role and zone. */
  readonly hosts: readonly HostSpec[];
  /** Host keys by machine name, and the key that logs in. */
  readonly keys: SshKeys;
  /** What refuses other address ranges than the stack's, before its network gets them. (The local network does by itself.) */
  readonly ranges: pulumi.Resource;
}

/** The platform that the configuration names. */
export function createPlatform({ config, hosts, keys, ranges }: PlatformArgs): Platform {
  switch (config.platform) {
    case "local":
      return new LocalPlatform("local", { config, hosts, keys });
    case "aws": {
      // Loaded when it is asked for: the local stack never pays for the AWS SDK.
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at the start
      const { createAwsPlatform } = require("./aws") as typeof import("./aws");
      return createAwsPlatform({ config, hosts, keys, ranges });
    }
  }
}
