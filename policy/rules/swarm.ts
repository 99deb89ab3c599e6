import { majority } from "../../plan/quorum";
import { isHost } from "../../plan/roles";
import { instanceFacts, roleOf } from "../instance";
import { UNKNOWN } from "../planned";
import type { Rule } from "./rule";

/** Rules about the swarm's managers. */
export const swarmRules: readonly Rule[] = [
  {
    name: "odd-managers",
    description: "The number of managers is 1, 3, 5 or 7.",
    check: (resources) => {
      const { length } = managersIn(resources);
      if (length === 0 || (length % 2 === 1 && length <= 7)) return [];
      return [{ resource: "", message: `there are ${length} managers; 1, 3, 5 or 7 are allowed` }];
    },
  },
  {
    name: "zones-keep-majority",
    description: "The loss of one zone never costs the quorum.",
    check: (resources) => {
      const managers = managersIn(resources);
      if (managers.length < 3) return [];
      const zones = new Set(managers.map(({ zone }) => zone).filter((zone) => zone !== "unknown"));
      return [...zones].flatMap((zone) => {
        const inZone = managers.filter((manager) => manager.zone === zone).length;
        if (managers.length - inZone >= majority(managers.length)) return [];
        const message = `${inZone} of ${managers.length} managers are in ${zone}; with that zone the majority is lost`;
        return [{ resource: "", message }];
      });
    },
  },
];

/** None while the role of an instance is unknown: a count without it would be wrong. */
function managersIn(resources: Parameters<Rule["check"]>[0]): { readonly zone: string }[] {
  if (resources.some((resource) => roleOf(resource) === UNKNOWN)) return [];
  return resources
    .map((resource) => instanceFacts(resource))
    .filter((facts) => facts !== undefined)
    .filter((facts) => isHost(facts) && facts.role === "manager");
}
