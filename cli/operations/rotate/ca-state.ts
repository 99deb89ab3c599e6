/**
 * The two generations of an authority in a stack's state, while it is rotated. The state has them in the resources of the one that it
 * always has: `ca-key` has the key that signs, and the text of `ca-certificate` has all that are trusted, the one that signs first. So
 * a stack that isn't being rotated has nothing more.
 *
 * | phase      | `ca-key` | `ca-certificate` |
 * | ---------- | -------- | ---------------- |
 * | `single`   | old      | old              |
 * | `trusting` | old      | old, new         |
 * | `issuing`  | new      | new, old         |
 * | `single`   | new      | new              |
 *
 * The new key isn't in the state before it signs: a rotation that ends while `trusting` begins with another one.
 */
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { z } from "zod";
import { certificatesIn, firstCertificate } from "../../../components/pki/bundle";
import { describe, type KeyForms } from "../../../offline/tls/key-forms";
import { distinguishedName, type Subject } from "../../../offline/tls/names";
import { issue } from "../../../offline/tls/x509";
import { asSecret, nameOf, resourcesOf, unwrap, type Deployment, type Resource } from "../../cluster/deployment";
import { UserError } from "../../terminal/errors";
import { readExported, withKey, withResources, type ExportedResource } from "./exported-state";

/** The stack's authority, and the one of the ingress's clients (components/pki). */
export const AUTHORITIES = ["ca", "ingress-ca"] as const;
const KEY = "tls:index/privateKey:PrivateKey";
const CERTIFICATE = "tls:index/selfSignedCert:SelfSignedCert";

/** See the top of this file. */
export type Phase = "single" | "trusting" | "issuing";

/** A new authority, as its two resources have it. */
export interface NewAuthority {
  readonly key: KeyForms;
  readonly id: string;
  /** Outputs of its certificate, its key apart. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Its certificate, PEM. */
  readonly pem: string;
}
/** By name, each of {@link AUTHORITIES}. */
export type NewAuthorities = Readonly<Record<string, NewAuthority>>;

/** The certificates that the stack trusts, by authority, the one that signs first. Pure. @throws UserError without them */
export function trustedIn(deployment: Deployment): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    AUTHORITIES.map((name) => {
      const pem = unwrap(certificateOf(deployment, name).outputs?.["certPem"]);
      const certificates = certificatesIn(typeof pem === "string" ? pem : "");
      if (certificates.length === 0)
        throw new UserError(`The state of the stack has no certificate in ${name}-certificate.`);
      return [name, certificates];
    }),
  );
}

/** How far a rotation has come. All authorities change together. Pure. */
export function phaseOf(deployment: Deployment): Phase {
  const [signing, other] = (trustedIn(deployment)["ca"] ?? []).map((pem) =>
    Date.parse(new X509Certificate(pem).validFrom),
  );
  if (signing === undefined || other === undefined) return "single";
  return other >= signing ? "trusting" : "issuing";
}

const inputsSchema = z.object({
  subject: z.custom<Subject>((value) => typeof value === "object" && value !== null),
  validityPeriodHours: z.number(),
  allowedUses: z.array(z.string()),
});

/** Makes new authorities, with the names, uses and validity of the old ones, as the resources do (components/pki/authority.ts). */
export async function makeAuthorities(deployment: Deployment): Promise<NewAuthorities> {
  const made = AUTHORITIES.map(async (name): Promise<readonly [string, NewAuthority]> => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const { subject, validityPeriodHours, allowedUses } = inputsSchema.parse(
      unwrap(certificateOf(deployment, name).inputs ?? {}),
    );
    const { id, pem, start, end } = await issue(
      {
        subject: distinguishedName(subject),
        names: [],
        publicKey: createPublicKey(privateKey),
        hours: validityPeriodHours,
        uses: allowedUses,
        isAuthority: true,
        maxPathLength: -1,
        setSubjectKeyId: false,
      },
      { key: privateKey },
    );
    const outputs = {
      id,
      certPem: pem,
      keyAlgorithm: "ECDSA",
      readyForRenewal: false,
      validityStartTime: start.toISOString(),
      validityEndTime: end.toISOString(),
    };
    return [name, { key: describe(privateKey), id, outputs, pem }];
  });
  return Object.fromEntries(await Promise.all(made));
}

/** `trusting`: the new ones are trusted, and the old ones sign. Pure. */
export function withNewTrust(exported: unknown, made: NewAuthorities): unknown {
  return changed(exported, (resource, name) => {
    const old = firstCertificate(pemOf(resource));
    return { ...resource, outputs: { ...resource.outputs, certPem: `${old}${made[name]?.pem ?? ""}` } };
  });
}

/** `issuing`: the new ones sign, and the old ones are trusted. Pure. */
export function withNewSigner(exported: unknown, made: NewAuthorities): unknown {
  return changed(
    exported,
    (resource, name) => {
      const own = made[name];
      if (own === undefined) return resource;
      const key = { privateKeyPem: asSecret(own.key.privateKeyPem) };
      const old = firstCertificate(pemOf(resource));
      return {
        ...resource,
        id: own.id,
        inputs: { ...resource.inputs, ...key },
        outputs: { ...resource.outputs, ...own.outputs, ...key, certPem: `${own.pem}${old}` },
      };
    },
    (resource, name) => {
      const key = made[name]?.key;
      return key === undefined ? resource : withKey(resource, key);
    },
  );
}

/** `single`: only those are trusted that sign. Pure. */
export function withoutOld(exported: unknown): unknown {
  return changed(exported, (resource) => ({
    ...resource,
    outputs: { ...resource.outputs, certPem: firstCertificate(pemOf(resource)) },
  }));
}

type Change = (resource: ExportedResource, authority: string) => ExportedResource;

function changed(exported: unknown, certificate: Change, key?: Change): unknown {
  return withResources(readExported(exported), (resource) => {
    const name = AUTHORITIES.find((one) => [`${one}-key`, `${one}-certificate`].includes(nameOf(resource.urn)));
    if (name === undefined || resource.delete === true) return resource;
    if (resource.type === CERTIFICATE) return certificate(resource, name);
    return resource.type === KEY && key !== undefined ? key(resource, name) : resource;
  });
}

function pemOf({ outputs }: ExportedResource): string {
  const pem = unwrap(outputs?.["certPem"]);
  return typeof pem === "string" ? pem : "";
}

function certificateOf(deployment: Deployment, name: string): Resource {
  const found = resourcesOf(deployment).find(
    ({ urn, type }) => type === CERTIFICATE && nameOf(urn) === `${name}-certificate`,
  );
  if (found === undefined) throw new UserError(`The state of the stack has no ${name}-certificate.`);
  return found;
}
