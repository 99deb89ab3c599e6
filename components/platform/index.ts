import type { StackConfig } from "../../config";
import type { SshKeys } from "../ssh/keys";
import { LocalPlatform } from "./local";
import type { HostSpec } from "./placement";
import type { Platform } from "./types";

/**
 * The platform that the configuration names.
 *
 * @throws Error for one that isn't there yet.
 */
export function createPlatform(config: StackConfig, hosts: readonly HostSpec[], keys: SshKeys): Platform {
  switch (config.platform) {
    case "local":
      return new LocalPlatform("local", { config, hosts, keys });
    case "aws":
      throw new Error(
        "swarm-ha:platform is 'aws', which is not there yet; 'local' is: it runs the whole architecture on this machine",
      );
  }
}
