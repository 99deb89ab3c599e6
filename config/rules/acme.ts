import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";
import { ACME_DIRECTORY } from "../schema/constants";

/** Names below these are local to one computer or one network; no public authority signs for them. Sources: RFC 6761, 6762, 8375; ICANN on `.internal`. */
const PRIVATE = /(^|\.)(localhost|local|internal|test|invalid|home\.arpa)$/;

/** ACME excludes the user's own certificate, and needs a public domain and a check that works on the platform. */
export function acmeProblems({ ingress, domain, facts }: Known): Problem[] {
  const acme = ingress?.acme;
  if (acme === undefined) return [];
  const problems: Problem[] = [];
  for (const own of ["certificate", "key"] as const) {
    if (ingress?.[own] === undefined) continue;
    problems.push({
      key: keyText(["ingress", own]),
      got: `a ${own} of your own, beside ${keyText(["ingress", "acme"])}`,
      allowed: "one of the two",
      fix: `remove it (npm run pulumi -- config rm --path swarm-ha:ingress.${own}), or ${keyText(["ingress", "acme"])}`,
    });
  }
  if (domain !== undefined && acme.directory === ACME_DIRECTORY && PRIVATE.test(domain)) {
    problems.push({
      key: keyText(["domain"]),
      got: JSON.stringify(domain),
      allowed: "with Let's Encrypt, a domain of the public DNS",
      fix: `write one that is yours, or the directory of an authority of your own as ${keyText(["ingress", "acme", "directory"])}`,
    });
  }
  if (acme.propagation !== undefined && facts?.propagation.includes(acme.propagation) === false) {
    const path = ["ingress", "acme", "propagation"] as const;
    problems.push({
      key: keyText(path),
      got: valueText(acme.propagation),
      allowed: describeKey(path).allowed ?? "",
      fix: "leave it out; with a provider that takes long, set its <PROVIDER>_POLLING_INTERVAL in credentials",
    });
  }
  return problems;
}
