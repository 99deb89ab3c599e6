import type { Known } from "../known";
import type { Problem } from "../problem";
import { accessProblems } from "./access";
import { acmeProblems } from "./acme";
import { awsProblems } from "./aws";
import { acknowledgeProblems } from "./acknowledge";
import { certificateProblems } from "./certificates";
import { ingressProblems } from "./ingress";
import { managerProblems } from "./managers";
import { networkProblems } from "./network";
import { platformProblems } from "./platform";
import { poolProblems } from "./pools";
import { tierProblems } from "./tiers";
import { zoneProblems } from "./zones";

/** Everything that doesn't fit together, as far as it is known. */
export function ruleProblems(known: Known): Problem[] {
  const rules = [
    platformProblems,
    zoneProblems,
    managerProblems,
    tierProblems,
    poolProblems,
    networkProblems,
    certificateProblems,
    acknowledgeProblems,
    ingressProblems,
    acmeProblems,
    awsProblems,
    accessProblems,
  ];
  return rules.flatMap((rule) => rule(known));
}

export { warnings } from "./warnings";
