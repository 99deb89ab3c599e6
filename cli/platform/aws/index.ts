/** The platform `aws`, as the commands see it. */
import { RENEWED_HOSTS } from "../../../components/platform/aws/renewal";
import type { Platform } from "../types";
import { checkQuotas } from "./check-quotas";
import { terminateZone } from "./drill/zone";
import { awsFacts } from "./facts";
import { forwardsOf } from "./forwards";
import { awsConfigOf, regionOf } from "./keys";
import { unmanagedOf } from "./unmanaged";
import { orWarned } from "../not-checked";
import { checks, preflight } from "./preflight";
import { openTunnel } from "./session-tunnel";
import { askTargetHealth } from "./target-health";

/** See {@link Platform}. */
export const aws: Platform = {
  ...awsFacts,
  preflight,
  checks,
  // Hosts take today's image and first boot only if they are named: see components/platform/aws/renewal.ts.
  upEnvironment: (replaced) => ({ [RENEWED_HOSTS]: replaced.join(",") }),
  members: askTargetHealth,
  unmanaged: async (stack, file) => unmanagedOf(stack, regionOf(file)),
  engineUpgrade(stack, file) {
    const config = awsConfigOf(stack, file);
    return config && { version: config.aws.engine, key: "swarm-ha:aws.engine", way: "in place" };
  },
  tunnels: {
    session: openTunnel,
    forwards(stack, file) {
      const config = awsConfigOf(stack, file);
      return config === undefined ? [] : forwardsOf(config);
    },
  },
  drill: {
    isThrowaway(stack, file) {
      const config = awsConfigOf(stack, file);
      return config === undefined ? undefined : !config.aws.protect;
    },
    checkQuotas: (run) => orWarned(() => checkQuotas(run)),
    loseZone: async (stack, file, signal) => terminateZone(stack, regionOf(file), signal),
  },
};
