/** The platform `hosts`, as the commands see it. */
import { REPLACED_HOSTS } from "../../../components/platform/hosts/provider/replaced";
import { SKIPPED_FILE } from "../../../components/platform/hosts/provider/skipped";
import { commands } from "../../cluster/words";
import type { Platform } from "../types";
import { hostsConfigOf } from "./config";
import { hostsFacts } from "./facts";
import { INVENTORY, listedHosts, settingsOf } from "./listed";
import { lookAtMachines } from "./look";
import { checks, preflight } from "./preflight";

/** See {@link Platform}. */
export const hosts: Platform = {
  ...hostsFacts,
  preflight,
  checks,
  // The packages of a host that is only replaced stay.
  upEnvironment: (replaced) => ({ [REPLACED_HOSTS]: replaced.join(",") }),
  engineUpgrade(stack, file) {
    const config = hostsConfigOf(stack, file);
    if (config === undefined) return undefined;
    const { source, version } = config.hosts.engine;
    if (source === "installed") {
      return {
        unknown:
          `The Docker engines of the stack ${stack} are the user's own (swarm-ha:hosts.engine.source is installed), so nothing here ` +
          `upgrades them. Upgrade their packages host by host: docker node update --availability drain <host>, upgrade, then ` +
          commands(stack).repair,
      };
    }
    if (version === undefined) {
      return {
        unknown: `swarm-ha:hosts.engine has no version, so there is none to upgrade to. Set it: ${commands(stack).set} --path swarm-ha:hosts.engine.version <version>`,
      };
    }
    return { version, key: "swarm-ha:hosts.engine.version", way: "in place" };
  },
  listed: {
    inventory: INVENTORY,
    skippedFile: SKIPPED_FILE,
    read: (values) => listedHosts(settingsOf(values)),
    look: lookAtMachines,
  },
};
