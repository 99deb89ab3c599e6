import type { Describe } from "../check-key";
import type { Known } from "../known";
import type { Platforms } from "../platforms/types";
import type { Problem } from "../problem";
import { acmeProblems } from "./acme";
import { acknowledgeProblems } from "./acknowledge";
import { backupProblems } from "./backup";
import { certificateProblems } from "./certificates";
import { externalCaProblems } from "./external-ca";
import { ingressProblems } from "./ingress";
import { managerProblems } from "./managers";
import { networkProblems } from "./network";
import { platformProblems } from "./platform";
import { poolProblems } from "./pools";
import { tierProblems } from "./tiers";
import { zoneProblems } from "./zones";

/** Problems between keys, in the valid part of the configuration. */
export function ruleProblems(known: Known, platforms: Platforms, describe: Describe): Problem[] {
  const rules = [
    zoneProblems,
    managerProblems,
    tierProblems,
    poolProblems,
    networkProblems,
    certificateProblems,
    externalCaProblems,
    acknowledgeProblems,
    ingressProblems,
    acmeProblems,
    backupProblems,
  ];
  return [
    ...platformProblems(known, platforms, describe),
    ...rules.flatMap((rule) => rule(known)),
    ...(platforms[known.platform ?? ""]?.rules(known) ?? []),
  ];
}

export { warnings } from "./warnings";
