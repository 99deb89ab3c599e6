/**
 * The aws provider of a rehearsal: the checks and diffs of pulumi-aws, and every call to the simulated AWS. Only tests
 * use it, in the place of `pulumi-resource-aws`.
 */
import { randomBytes } from "node:crypto";
import { AWS_TYPES } from "../../../offline/aws/types";
import { AUTO_NAMES, SUFFIX_LENGTH } from "../../../offline/aws/rules/names";
import { changes } from "../../../offline/lib/diff";
import { serveProvider } from "../../../offline/lib/provider";
import type { Call, CheckFacts, ResourceType } from "../../../offline/lib/resource";
import {
  equal,
  hasUnknown,
  isObject,
  reveal,
  revealAll,
  UNKNOWN,
  type Properties,
  type Value,
} from "../../../offline/lib/values";
import { ask } from "./ask";
import type { Plain } from "./protocol";

/** Types of services that aren't regional: the provider gives them no region. */
const GLOBAL = /^(iam|route53)\//;

/** Types of the program that have tags. */
const UNTAGGED =
  /^(ec2\/(eipAssociation|route|routeTableAssociation|subnetCidrReservation):|iam\/rolePolicy:|lb\/targetGroupAttachment:|route53\/record:|s3\/bucket[A-Z])/;

/** The provider's own settings, from Configure. */
let settings: Properties = {};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Tags with the provider's default ones. Source: pulumi/pulumi-aws provider/tags.go, applyTags. */
function allTags(tags: Value | undefined): Value | undefined {
  const { defaultTags } = settings;
  const defaults = isObject(defaultTags) && isObject(defaultTags["tags"]) ? defaultTags["tags"] : {};
  if (tags === undefined || tags === null) return defaults;
  if (!isObject(tags) || hasUnknown(tags)) return UNKNOWN;
  return { ...defaults, ...tags };
}

/**
 * The name that Pulumi gives where the program gives none: kept as long as the resource is the same.
 * Source: pulumi/pulumi-terraform-bridge pkg/tfbridge/names.go.
 */
function named(type: string, news: Properties, { name, olds }: CheckFacts): Properties {
  const rule = AUTO_NAMES[type];
  if (rule === undefined || news[rule.property] !== undefined) return news;
  const { property, limit, lowerCase = false } = rule;
  const old = olds?.["__defaults"];
  const kept = Array.isArray(old) && old.includes(property) ? olds?.[property] : undefined;
  const base = lowerCase ? name.toLowerCase() : name;
  if (kept === undefined && base.length + SUFFIX_LENGTH > limit)
    throw new Error(
      `failed to make a name for '${name}': '${base}-' plus ${String(SUFFIX_LENGTH - 1)} random hex characters is longer than the maximum length ${String(limit)}`,
    );
  const made = `${base}-${randomBytes(4)
    .toString("hex")
    .slice(0, SUFFIX_LENGTH - 1)}`;
  return { ...news, [property]: kept ?? made, __defaults: [property] };
}

/** The old state or inputs, without the values that are sent again. Equal values keep their secret marks. */
function merged(base: Properties, plain: Plain): Properties {
  const result = { ...base };
  for (const [key, value] of Object.entries(plain)) {
    const known = result[key];
    const told = value as Value;
    if (known === undefined || !equal(reveal(known), told)) result[key] = told;
  }
  return result;
}

function resourceType(type: string, { replaces = [], computed }: (typeof AWS_TYPES)[string]): ResourceType {
  const question = (call: Pick<Call, "name">, id: string, inputs: Properties, state: Properties) => ({
    type,
    name: call.name,
    id,
    inputs: revealAll(inputs),
    state: revealAll(state),
  });
  const regional = (): Properties => (GLOBAL.test(type) ? {} : { region: text(reveal(settings["region"] ?? "")) });
  return {
    check(news, facts) {
      const tagged = UNTAGGED.test(type) ? {} : { tagsAll: allTags(news["tags"]) ?? {} };
      return { inputs: named(type, { ...news, ...tagged }, facts), failures: [] };
    },
    diff: ({ inputs }, news) => {
      const found = changes(inputs, news);
      const renewed = type === "ec2/instance:Instance" && news["userDataReplaceOnChange"] === true;
      return {
        changes: found,
        replaces: (path) =>
          (renewed && path === "userData") ||
          replaces.some((one) => one === "*" || path === one || path.startsWith(`${one}.`)),
      };
    },
    async create(call, inputs) {
      if (call.preview) {
        const unknown = computed.filter((name) => inputs[name] === undefined).map((name) => [name, UNKNOWN]);
        return { id: "", state: { ...inputs, ...regional(), ...(Object.fromEntries(unknown) as Properties) } };
      }
      const made = await ask({ operation: "create", ...question(call, "", inputs, {}) });
      if (!("outputs" in made) || made.id === undefined) throw new Error(`${type} was made without an id`);
      const state = merged({ ...inputs, ...regional() }, made.outputs);
      const missing = computed.filter((name) => state[name] === undefined);
      if (missing.length > 0) throw new Error(`the simulated AWS doesn't tell ${missing.join(", ")} of ${type}`);
      return { id: made.id, state };
    },
    async update(call, state, inputs) {
      const next = { ...state, ...inputs };
      for (const key of Object.keys(state))
        if (!(key in inputs) && !isComputed(computed, key)) Reflect.deleteProperty(next, key);
      if (call.preview) return next;
      const made = await ask({ operation: "update", ...question(call, call.id, inputs, state) });
      if (!("outputs" in made)) throw new Error(`${type} is gone`);
      return merged({ ...next, ...regional() }, made.outputs);
    },
    async read(state, inputs, call) {
      const found = await ask({ operation: "read", ...question(call, call.id, inputs, state) });
      return "outputs" in found ? merged(state, found.outputs) : undefined;
    },
    async delete(call, state) {
      await ask({ operation: "delete", ...question(call, call.id, {}, state) });
    },
  };
}

/** Whether an output comes from AWS: the others are inputs, and go when they are no longer given. */
function isComputed(computed: readonly string[], key: string): boolean {
  return computed.includes(key) || EXTRA.includes(key);
}

/** Computed outputs that the simulated AWS gives besides those that previews know. */
const EXTRA = [
  "region",
  "ownerId",
  "state",
  "origin",
  "networkBorderGroup",
  "publicIpv4Pool",
  "mainRouteTableId",
  "defaultRouteTableId",
  "bucketDomainName",
  "bucketRegionalDomainName",
  "primaryNetworkInterfaceId",
  "vpcId",
  "securityGroupRuleId",
  "privateIpAddress",
];

serveProvider({
  name: "aws",
  version: "7.48.0",
  types: Object.fromEntries(
    Object.entries(AWS_TYPES).map(([token, type]) => [`aws:${token}`, resourceType(token, type)]),
  ),
  async configure(config) {
    settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, parsed(value)]));
    await ask({ operation: "configure", config: revealAll(settings) });
  },
  functions: {
    "aws:ec2/getAmi:getAmi": async (inputs) => {
      const found = await ask({ operation: "invoke", token: "aws:ec2/getAmi:getAmi", inputs: revealAll(inputs) });
      if (!("outputs" in found)) throw new Error("there is no such image");
      return found.outputs as Properties;
    },
  },
});

/** Nested settings of a provider come as JSON texts. */
function parsed(value: Value): Value {
  const plain = reveal(value);
  if (typeof plain !== "string" || !/^[[{]/.test(plain)) return value;
  return JSON.parse(plain) as Value;
}
