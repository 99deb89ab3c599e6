import { X509Certificate } from "node:crypto";
import type { Known } from "../known";
import { keyText, type Problem } from "../problem";

/** What may sign nodes' certificates has to be the certificate of a CA. */
export function externalCaProblems({ externalCa }: Known): Problem[] {
  const root = externalCa?.rootCertificate;
  if (root === undefined) return [];
  const got = fault(root);
  if (got === undefined) return [];
  return [
    {
      key: keyText(["externalCa", "rootCertificate"]),
      got,
      allowed: "the certificate of a CA, PEM",
      fix: "take the one that cfssl signs with: the file of its option -ca",
    },
  ];
}

function fault(pem: string): string | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return certificate.ca
      ? undefined
      : `a certificate that signs no others (${certificate.subject.replaceAll("\n", ", ")})`;
  } catch {
    return "something that can't be read as a certificate";
  }
}
