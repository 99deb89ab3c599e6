/** The resource types of certificates: SelfSignedCert, CertRequest and LocallySignedCert. */
import { createPublicKey } from "node:crypto";
import type { Change } from "../lib/diff";
import type { Call, Diff, ResourceType } from "../lib/resource";
import { hasUnknown, type Properties, reveal, revealAll, UNKNOWN, type Value } from "../lib/values";
import { alternativeNames, distinguishedName, EXTENDED_USAGES, KEY_USAGES, type Subject } from "./names";
import { parsePrivateKey } from "./private-key";
import { check, diff, type Schema } from "./schema";
import type { Issued } from "./x509";

const names: Schema = {
  dnsNames: { type: "strings" },
  ipAddresses: { type: "strings" },
  uris: { type: "strings" },
  subject: { type: "object" },
};

const content: Schema = {
  validityPeriodHours: { type: "integer", required: true, atLeast: 0 },
  allowedUses: {
    type: "strings",
    required: true,
    oneOf: [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_USAGES)],
  },
  earlyRenewalHours: { type: "integer", atLeast: 0, inPlace: true },
  isCaCertificate: { type: "boolean" },
  maxPathLength: { type: "integer", atLeast: -1 },
  setSubjectKeyId: { type: "boolean" },
};

const key = { type: "string", required: true, secret: true } as const;
const selfSignedSchema: Schema = { privateKeyPem: key, ...names, ...content, setAuthorityKeyId: { type: "boolean" } };
const requestSchema: Schema = { privateKeyPem: key, ...names };
const locallySignedSchema: Schema = {
  caPrivateKeyPem: key,
  caCertPem: { type: "string", required: true },
  certRequestPem: { type: "string", required: true },
  ...content,
};

/** What upstream fills in for what isn't said. */
const DEFAULTS = { earlyRenewalHours: 0, isCaCertificate: false, setSubjectKeyId: false } as const;

/** x509 and what it needs are loaded when the first certificate is made: most runs make none. */
const x509 = (): Promise<typeof import("./x509")> => import("./x509");

/** `tls:index/selfSignedCert:SelfSignedCert`. */
export const selfSignedCert: ResourceType = {
  ...certificate(selfSignedSchema, { ...DEFAULTS, setAuthorityKeyId: false }, "keyAlgorithm", async (inputs) => {
    const { key, algorithm } = parsePrivateKey(text(inputs["privateKeyPem"]), "privateKeyPem");
    const subject = distinguishedName((inputs["subject"] ?? {}) as Subject);
    if (inputs["isCaCertificate"] === true && subject.length === 0)
      throw new Error("Must contain at least one Distinguished Name when creating Certificate Authority (CA)");
    const what = { subject, names: alternativeNames(inputs), publicKey: createPublicKey(key) };
    const signer = { key, setAuthorityKeyId: inputs["setAuthorityKeyId"] === true };
    return { algorithm, issued: await (await x509()).issue({ ...what, ...common(inputs) }, signer) };
  }),
};

/** `tls:index/locallySignedCert:LocallySignedCert`. */
export const locallySignedCert: ResourceType = {
  ...certificate(locallySignedSchema, DEFAULTS, "caKeyAlgorithm", async (inputs, call) => {
    const { issue, parseCertificate, parseRequest } = await x509();
    const request = parseRequest(text(inputs["certRequestPem"]));
    const { key, algorithm } = parsePrivateKey(text(inputs["caPrivateKeyPem"]), "caPrivateKeyPem");
    const { certificate: authority, isAuthority } = parseCertificate(text(inputs["caCertPem"]));
    if (!isAuthority)
      call.say(
        "warning",
        "Certificate provided as Authority does not appear to be a valid Certificate Authority. " +
          "The resulting certificate might fail certificate validation.",
      );
    return { algorithm, issued: await issue({ ...request, ...common(inputs) }, { key, certificate: authority }) };
  }),
};

/** `tls:index/certRequest:CertRequest`. */
export const certRequest: ResourceType = {
  check: (news) => check(requestSchema, news),
  diff: (olds, news) => diff(requestSchema, olds.inputs, news),
  async create(call, inputs) {
    if (call.preview) {
      return { id: "", state: { ...inputs, id: UNKNOWN, keyAlgorithm: UNKNOWN, certRequestPem: UNKNOWN } };
    }
    const plain = revealAll(inputs);
    const { key, algorithm } = parsePrivateKey(text(plain["privateKeyPem"]), "privateKeyPem");
    const { request } = await x509();
    const made = await request((plain["subject"] ?? {}) as Subject, alternativeNames(plain), key);
    return { id: made.id, state: { ...inputs, id: made.id, keyAlgorithm: algorithm, certRequestPem: made.pem } };
  },
  update: (_call, state, inputs) => Promise.resolve({ ...state, ...inputs }),
};

type Make = (inputs: Properties, call: Call) => Promise<{ readonly algorithm: string; readonly issued: Issued }>;

/** What the two kinds of certificates have in common. */
function certificate(schema: Schema, defaults: Properties, algorithmName: string, make: Make): ResourceType {
  const keyOrUnknown = (value: Value): Properties => ({
    id: value,
    certPem: value,
    validityStartTime: value,
    validityEndTime: value,
    [algorithmName]: value,
  });
  return {
    check: (news) => check(schema, news),
    diff: (olds, news) => withRenewal(diff(schema, olds.inputs, news), olds.state, news),
    async create(call, inputs) {
      const base: Properties = { ...defaults, ...inputs };
      base["readyForRenewal"] = bornReady(base);
      if (call.preview) return { id: "", state: { ...base, ...keyOrUnknown(UNKNOWN) } };
      const { algorithm, issued } = await make(revealAll(base), call);
      const made: Properties = {
        id: issued.id,
        certPem: issued.pem,
        validityStartTime: issued.start.toISOString(),
        validityEndTime: issued.end.toISOString(),
        [algorithmName]: algorithm,
      };
      return { id: issued.id, state: { ...base, ...made } };
    },
    // Only earlyRenewalHours changes in place.
    update: (_call, state, inputs) => Promise.resolve({ ...state, ...defaults, ...inputs }),
    read: (state) => (isDue(state, state) ? { ...state, readyForRenewal: true } : state),
  };
}

function common(inputs: Properties) {
  return {
    hours: inputs["validityPeriodHours"] as number,
    uses: inputs["allowedUses"] as string[],
    isAuthority: inputs["isCaCertificate"] === true,
    maxPathLength: (inputs["maxPathLength"] ?? -1) as number,
    setSubjectKeyId: inputs["setSubjectKeyId"] === true,
  };
}

/** A certificate whose early renewal is as long as its life is due from the first day; upstream says so at once. */
function bornReady(inputs: Properties): Value {
  const [hours, early] = [inputs["validityPeriodHours"], inputs["earlyRenewalHours"]].map((v) => reveal(v ?? 0));
  if (hasUnknown(hours) || hasUnknown(early)) return UNKNOWN;
  return hours === 0 || (early as number) >= (hours as number);
}

/** Whether the time for a new certificate has come. */
export function isDue(state: Properties, inputs: Properties, now = Date.now()): boolean {
  const end = Date.parse(text(state["validityEndTime"]));
  const early = reveal(inputs["earlyRenewalHours"] ?? 0);
  return typeof early === "number" && end - early * 3_600_000 <= now;
}

function withRenewal(inputs: Diff, state: Properties, news: Properties): Diff {
  if (!isDue(state, news)) return inputs;
  const changes = new Map<string, Change>(inputs.changes).set("readyForRenewal", "update");
  return { changes, replaces: (path) => path === "readyForRenewal" || inputs.replaces(path) };
}

function text(value: Value | undefined): string {
  const plain = reveal(value ?? null);
  return typeof plain === "string" ? plain : "";
}
