import { createPrivateKey, X509Certificate } from "node:crypto";
import { describeKey } from "../describe";
import type { Known } from "../known";
import { keyText, type Problem } from "../problem";

/** The user's own certificate: complete, matching its key, and for the applications' names. `status` checks its expiry. */
export function ingressProblems({ ingress, domain }: Known): Problem[] {
  const { certificate, key } = ingress ?? {};
  if (certificate === undefined && key === undefined) return [];
  if (certificate === undefined || key === undefined) {
    const [missing, given] = certificate === undefined ? ["certificate", "key"] : ["key", "certificate"];
    const { allowed = "", fix = "" } = describeKey(["ingress", missing]);
    return [
      { key: keyText(["ingress", missing]), got: `nothing, beside ${keyText(["ingress", given])}`, allowed, fix },
    ];
  }
  const leaf = parsed(() => new X509Certificate(certificate));
  const pair = parsed(() => createPrivateKey(key));
  const { fix: certificateFix = "" } = describeKey(["ingress", "certificate"]);
  const { fix: keyFix = "" } = describeKey(["ingress", "key"]);
  if (typeof leaf === "string") {
    const allowed = "one or more certificates, PEM";
    return [{ key: keyText(["ingress", "certificate"]), got: `no certificate: ${leaf}`, allowed, fix: certificateFix }];
  }
  if (typeof pair === "string") {
    // Without the parser's error, which may show a part of the key.
    const allowed = "a private key without passphrase, PEM";
    return [
      { key: keyText(["ingress", "key"]), got: "no private key, or one with a passphrase", allowed, fix: keyFix },
    ];
  }
  if (!leaf.checkPrivateKey(pair)) {
    const allowed = "the key of the first certificate in swarm-ha:ingress.certificate";
    return [{ key: keyText(["ingress", "key"]), got: "the key of another certificate", allowed, fix: keyFix }];
  }
  const names = leaf.subjectAltName ?? "none";
  if (domain === undefined || leaf.checkHost(`any.app.${domain}`) !== undefined) return [];
  return [
    {
      key: keyText(["ingress", "certificate"]),
      got: `a certificate for ${names}`,
      allowed: `one that is valid for *.app.${domain}`,
      fix: `have one issued for *.app.${domain}, the leaf first in the file`,
    },
  ];
}

function parsed<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
