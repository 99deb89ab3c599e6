import { X509Certificate } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import type { StackOutputs } from "../../components/outputs";
import { certificatesIn } from "../../components/pki/bundle";
import type { Role } from "../../plan/roles";
import { messageOf } from "../../components/message";
import { PORTS } from "../../plan/ports";
import type { Connection } from "./connect";
import type { CertificateUse, LiveCertificate, UnreadCertificate } from "./model";

/** Where hosts serve certificates, and for which load balancer's name. */
const SERVED: Readonly<Record<Role, { readonly port: number; readonly tier: "manager" | "registry" | "app" }>> = {
  manager: { port: PORTS.api, tier: "manager" },
  registry: { port: PORTS.registry, tier: "registry" },
  worker: { port: PORTS.https, tier: "app" },
};

/** The stack's certificates. */
interface FoundCertificates {
  readonly found: readonly LiveCertificate[];
  readonly unread: readonly UnreadCertificate[];
}

/**
 * Every certificate of the stack: servers' as the hosts serve them now, which may differ from the state; clients' and the
 * authority's from the outputs. Never throws. Without the bastion no host is asked, and none is reported.
 */
export async function lookAtCertificates(connection: Connection, outputs: StackOutputs): Promise<FoundCertificates> {
  const { access, caCertificate, endpoints, hosts } = outputs;
  const inFiles = [
    found("authority", "authority", caCertificate).map((one) => ({
      ...one,
      ...(certificatesIn(caCertificate).length > 1 ? { rotating: true } : {}),
    })),
    found("bastion", "client", access.client.cert),
    ...access.certificates.map(({ owner, use, certificate }) => found(owner, use, certificate)),
    ...(access.person === undefined ? [] : [found("person", "client", access.person.cert)]),
  ];
  const unread: UnreadCertificate[] = [];
  const reachable = connection.bastionError === undefined;
  const served = await Promise.all(
    Object.entries(reachable ? hosts : {}).map(async ([name, { role, address }]) => {
      const { port, tier } = SERVED[role];
      const endpoint = endpoints[tier];
      if (endpoint === undefined || address === undefined) return [];
      // A proxy that serves several names chooses the certificate by the requested one (SNI).
      const asked = new URL(endpoint.replace("*.", "status.")).hostname;
      const source = tier === "app" ? access.appCertificate : "stack";
      const certificate = await connection.certificate(address, port, asked).catch(messageOf);
      if (typeof certificate === "string") {
        unread.push({ host: name, reason: certificate });
        return [];
      }
      // Only the stack's own certificates have to be signed by its authority.
      const refused = refusal(certificate, asked, source === "stack" ? caCertificate : undefined);
      const more = {
        ...(refused === undefined ? {} : { refused }),
        ...(source === "user" ? { brought: true } : {}),
        ...(source === "acme" ? { acmeDays: daysOf(certificate) } : {}),
      };
      return found(name, "server", certificate).map((one) => ({ ...one, ...more }));
    }),
  );
  return { found: [...inFiles.flat(), ...served.flat()], unread };
}

/**
 * Why a client that asks for a name refuses a server's certificate, expiry apart. Pure.
 *
 * @param ca the authority that the client trusts, PEM @default the issuer isn't checked
 * @returns undefined when it accepts it
 */
export function refusal(certificate: string | Buffer, asked: string, ca: string | undefined): string | undefined {
  try {
    const x509 = new X509Certificate(certificate);
    if (ca !== undefined && !x509.verify(new X509Certificate(ca).publicKey)) {
      return "the stack's authority hasn't signed it";
    }
    if (checkServerIdentity(asked, x509.toLegacyObject()) === undefined) return undefined;
    return `it isn't for ${asked}, but for ${x509.subjectAltName ?? "no name"}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** A certificate's validity in days; 0 for what is none. */
function daysOf(certificate: string | Buffer): number {
  try {
    const { validFrom, validTo } = new X509Certificate(certificate);
    return (Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000;
  } catch {
    return 0;
  }
}

function found(owner: string, use: CertificateUse, certificate: string | Buffer): LiveCertificate[] {
  try {
    return [{ owner, use, notAfter: new Date(new X509Certificate(certificate).validTo) }];
  } catch {
    // Not a certificate.
    return [];
  }
}
