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
 *
 * The certificate that signs is the one that fits `ca-key`. Of two, the new one is valid from a later second by construction
 * ({@link makeAuthorities}), whatever the workstations' clocks were. So the phase needs no clock.
 */
import { createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from "node:crypto";
import { z } from "zod";
import { certificatesIn } from "../../../components/pki/bundle";
import { describe, type KeyForms } from "../../../offline/tls/key-forms";
import { distinguishedName, type Subject } from "../../../offline/tls/names";
import { issue } from "../../../offline/tls/x509";
import { asSecret, nameOf, resourcesOf, unwrap, type Deployment, type Resource } from "../../cluster/deployment";
import { UserError } from "../../terminal/errors";
import { readExported, withKey, withResources, type ExportedResource } from "./exported-state";

/** The stack's authority, and the one of the ingress's clients (components/pki). */
export const AUTHORITIES = ["ca", "ingress-ca"] as const;
type Authority = (typeof AUTHORITIES)[number];
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
      const certificates = certificatesOf(deployment, name);
      if (certificates.length === 0)
        throw new UserError(`The state of the stack has no certificate in ${name}-certificate.`);
      return [name, certificates];
    }),
  );
}

/** The certificate that signs, and another one that is trusted, too. */
interface Generations {
  readonly signing: string;
  /** @default there is none */
  readonly other?: string;
}

/**
 * Tells the certificate that signs from the other one. All authorities change together. Pure.
 *
 * @throws UserError when none fits the key: an `up` has replaced the key, and hasn't come to the certificate
 */
export function generationsIn(deployment: Deployment, name: Authority = "ca"): Generations {
  const key = keyOf(deployment, name);
  const certificates = trustedIn(deployment)[name] ?? [];
  const signing = certificates.find((pem) => new X509Certificate(pem).publicKey.equals(key));
  if (signing === undefined) {
    throw new UserError(
      `The last up didn't finish: it has replaced ${name}-key, and not ${name}-certificate. Finish it with an up, then rotate.`,
    );
  }
  const other = certificates.find((pem) => pem !== signing);
  return { signing, ...(other === undefined ? {} : { other }) };
}

/** How far a rotation has come. Pure. @throws UserError as {@link generationsIn} does */
export function phaseOf(deployment: Deployment): Phase {
  const { signing, other } = generationsIn(deployment);
  if (other === undefined) return "single";
  return validFrom(other) > validFrom(signing) ? "trusting" : "issuing";
}

/** From when a certificate is valid, in milliseconds. */
function validFrom(pem: string): number {
  return Date.parse(new X509Certificate(pem).validFrom);
}

const inputsSchema = z.object({
  subject: z.custom<Subject>((value) => typeof value === "object" && value !== null),
  validityPeriodHours: z.number(),
  allowedUses: z.array(z.string()),
});

/**
 * Makes new authorities, with the names, uses and validity of the old ones, as the resources do (components/pki/authority.ts).
 * Each is valid from now on, and from a later second than those in the state: where the old one was made by a faster clock, a second
 * after it, which all who accept the old one accept as well.
 */
export async function makeAuthorities(deployment: Deployment): Promise<NewAuthorities> {
  const now = Date.now();
  const made = AUTHORITIES.map(async (name): Promise<readonly [string, NewAuthority]> => {
    const newest = Math.max(...certificatesOf(deployment, name).map(validFrom));
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
      new Date(Math.max(now, newest + 1000)),
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
  return changed(exported, (resource, name, { signing }) => ({
    ...resource,
    outputs: { ...resource.outputs, certPem: `${signing}${made[name]?.pem ?? ""}` },
  }));
}

/** `issuing`: the new ones sign, and the old ones are trusted. Pure. */
export function withNewSigner(exported: unknown, made: NewAuthorities): unknown {
  return changed(
    exported,
    (resource, name, { signing: old }) => {
      const own = made[name];
      if (own === undefined) return resource;
      const key = { privateKeyPem: asSecret(own.key.privateKeyPem) };
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
  return changed(exported, (resource, _name, { signing }) => ({
    ...resource,
    outputs: { ...resource.outputs, certPem: signing },
  }));
}

type Change = (resource: ExportedResource, authority: Authority, before: Generations) => ExportedResource;

function changed(exported: unknown, certificate: Change, key?: Change): unknown {
  const state = readExported(exported);
  const { deployment } = state;
  return withResources(state, (resource) => {
    const name = AUTHORITIES.find((one) => [`${one}-key`, `${one}-certificate`].includes(nameOf(resource.urn)));
    if (name === undefined || resource.delete === true) return resource;
    const before = generationsIn({ deployment }, name);
    if (resource.type === CERTIFICATE) return certificate(resource, name, before);
    return resource.type === KEY && key !== undefined ? key(resource, name, before) : resource;
  });
}

/** The certificates of an authority; none where the state has no text of it. */
function certificatesOf(deployment: Deployment, name: Authority): string[] {
  const pem = unwrap(certificateOf(deployment, name).outputs?.["certPem"]);
  return certificatesIn(typeof pem === "string" ? pem : "");
}

/** The public key of an authority. */
function keyOf(deployment: Deployment, name: Authority): KeyObject {
  const found = resourcesOf(deployment).find(({ urn, type }) => type === KEY && nameOf(urn) === `${name}-key`);
  const pem = unwrap(found?.outputs?.["publicKeyPem"]);
  if (typeof pem !== "string") throw new UserError(`The state of the stack has no ${name}-key.`);
  return createPublicKey(pem);
}

function certificateOf(deployment: Deployment, name: string): Resource {
  const found = resourcesOf(deployment).find(
    ({ urn, type }) => type === CERTIFICATE && nameOf(urn) === `${name}-certificate`,
  );
  if (found === undefined) throw new UserError(`The state of the stack has no ${name}-certificate.`);
  return found;
}
