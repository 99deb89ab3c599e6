/** Names and usages of certificates, in the forms that @peculiar/x509 takes. */
import { isIP } from "node:net";
import type { JsonNameParams } from "@peculiar/x509";

/** A certificate's subject, as the resources have it. */
export interface Subject {
  readonly commonName?: string;
  readonly country?: string;
  readonly emailAddress?: string;
  readonly locality?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly postalCode?: string;
  readonly province?: string;
  readonly serialNumber?: string;
  readonly streetAddresses?: readonly string[];
}

/** Bits of the key usage extension (RFC 5280, 4.2.1.3). */
export const KEY_USAGES: Readonly<Record<string, number>> = {
  digital_signature: 1,
  content_commitment: 2,
  key_encipherment: 4,
  data_encipherment: 8,
  key_agreement: 16,
  cert_signing: 32,
  crl_signing: 64,
  encipher_only: 128,
  decipher_only: 256,
};

/** Object identifiers of the extended key usages, as in Go's crypto/x509. */
export const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

/** A distinguished name; its parts stand in the order of Go's crypto/x509/pkix. */
export function distinguishedName(subject: Subject): JsonNameParams {
  const parts: [string, string | undefined][] = [
    ["2.5.4.6", subject.country],
    ["2.5.4.10", subject.organization],
    ["2.5.4.11", subject.organizationalUnit],
    ["2.5.4.7", subject.locality],
    ["2.5.4.8", subject.province],
    ...(subject.streetAddresses ?? []).map((street): [string, string] => ["2.5.4.9", street]),
    ["2.5.4.17", subject.postalCode],
    ["2.5.4.3", subject.commonName],
    ["2.5.4.5", subject.serialNumber],
  ];
  const printable = (text: string): boolean => /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
  const name: JsonNameParams = [];
  for (const [oid, text] of parts)
    if (text !== undefined) name.push({ [oid]: [printable(text) ? { printableString: text } : { utf8String: text }] });
  if (subject.emailAddress !== undefined) name.push({ "1.2.840.113549.1.9.1": [{ ia5String: subject.emailAddress }] });
  return name;
}

/** One alternative name. */
export interface GeneralName {
  readonly type: "dns" | "ip" | "url";
  readonly value: string;
}

/** Alternative names. @throws Error that names what isn't an IP address or URI. */
export function alternativeNames(inputs: {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
}): GeneralName[] {
  const { dnsNames = [], ipAddresses = [], uris = [] } = inputs;
  for (const address of ipAddresses)
    if (isIP(address) === 0) throw new Error(`Invalid IP address: Failed to parse ${JSON.stringify(address)}`);
  for (const uri of uris)
    if (!URL.canParse(uri)) throw new Error(`Invalid URI: Failed to parse ${JSON.stringify(uri)}`);
  return [
    ...dnsNames.map((value) => ({ type: "dns", value }) as const),
    ...ipAddresses.map((value) => ({ type: "ip", value }) as const),
    ...uris.map((value) => ({ type: "url", value }) as const),
  ];
}
