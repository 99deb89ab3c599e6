import { createRequire } from "node:module";
import type { StackConfig } from "../../config";
import type { SshKeys } from "../ssh/keys";
import { LocalPlatform } from "./local";
import type { HostSpec } from "./placement";
import type { Platform } from "./types";

/** Loads at the moment that it is asked: the local stack never pays for the AWS SDK. */
const load = createRequire(__filename);

/** The platform that the configuration names. */
export function createPlatform(config: StackConfig, hosts: readonly HostSpec[], keys: SshKeys): Platform {
  switch (config.platform) {
    case "local":
      return new LocalPlatform("local", { config, hosts, keys });
    case "aws": {
      const { createAwsPlatform } = load("./aws") as typeof import("./aws");
      return createAwsPlatform({ config, hosts, keys });
    }
  }
}
