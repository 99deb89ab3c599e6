import type { Problem } from "../../../problem";
import { addressProblems } from "./addresses";
import { hostKeyProblems } from "./host-keys";
import { inventoryProblems } from "./inventory";
import type { HostsKnown } from "./known";
import { loadBalancerProblems } from "./load-balancers";
import { nameProblems } from "./names";
import { ownProblems } from "./own";

export { loadBalancerWarnings as hostsWarnings } from "./load-balancers";

/** Checks of hosts that exist already, without asking one. */
export function hostsProblems(known: HostsKnown): Problem[] {
  const rules = [ownProblems, inventoryProblems, nameProblems, addressProblems, hostKeyProblems, loadBalancerProblems];
  return rules.flatMap((rule) => rule(known));
}
