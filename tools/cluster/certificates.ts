import { X509Certificate } from "node:crypto";
import type { Role, StackOutputs } from "../../components/outputs";
import { PORTS } from "../../components/swarm/ports";
import type { Connection } from "./connect";

/** What a certificate is for: it answers TLS connections, opens them, or signs the others. */
export type CertificateUse = "server" | "client" | "authority";

/** A certificate as it was found. */
export interface LiveCertificate {
  /** The host that serves it; `operator`, `person`, `authority` and the like for those that stand in the stack's outputs. */
  readonly owner: string;
  readonly use: CertificateUse;
  /** From then on it is refused. */
  readonly notAfter: Date;
}

/** Where hosts serve certificates, and of which name. A registry that people brought along has its own port elsewhere. */
const SERVED: Readonly<Record<Role, { readonly port: number; readonly tier: "manager" | "registry" | "app" }>> = {
  manager: { port: PORTS.api, tier: "manager" },
  registry: { port: PORTS.registry, tier: "registry" },
  worker: { port: PORTS.https, tier: "app" },
};

/**
 * Every certificate of the stack: servers' as the hosts really serve them at this moment, for what the state says may not
 * have reached them; clients' and the authority's from the outputs. Never throws. A host that serves none is left out:
 * why that is, other lines of the status tell.
 */
export async function lookAtCertificates(connection: Connection, outputs: StackOutputs): Promise<LiveCertificate[]> {
  const { access, caCertificate, endpoints } = outputs;
  const inFiles = [
    found("authority", "authority", caCertificate),
    found("operator", "client", access.client.cert),
    ...access.certificates.map(({ owner, use, certificate }) => found(owner, use, certificate)),
    ...(access.person === undefined ? [] : [found("person", "client", access.person.cert)]),
  ];
  const served = await Promise.all(
    access.nodes.map(async ({ name, role, address }) => {
      const { port, tier } = SERVED[role];
      const endpoint = endpoints[tier];
      if (endpoint === undefined) return [];
      // A proxy that serves several names tells them apart by the one that is asked for.
      const asked = new URL(endpoint.replace("*.", "status.")).hostname;
      return connection.certificate(address, port, asked).then(
        (certificate) => found(name, "server", certificate),
        () => [],
      );
    }),
  );
  return [...inFiles.flat(), ...served.flat()];
}

function found(owner: string, use: CertificateUse, certificate: string | Buffer): LiveCertificate[] {
  try {
    return [{ owner, use, notAfter: new Date(new X509Certificate(certificate).validTo) }];
  } catch {
    // Not a certificate at all: nothing can be said of its end.
    return [];
  }
}
