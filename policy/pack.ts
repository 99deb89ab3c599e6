import { PolicyPack } from "@pulumi/policy";
import { fromPolicy } from "./adapt";
import { RULES } from "./rules";

/**
 * The rules as a policy pack for the official CLI: `pulumi preview --policy-pack policy`. All of them look at the stack
 * as a whole, so they run when all planned resources are known.
 */
new PolicyPack("swarm-ha", {
  enforcementLevel: "mandatory",
  policies: RULES.map(({ name, description, check }) => ({
    name,
    description,
    validateStack: ({ resources }, report) => {
      for (const { resource, message } of check(resources.map(fromPolicy))) {
        report(resource === "" ? message : `${resource}: ${message}`);
      }
    },
  })),
});
