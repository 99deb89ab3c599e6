/**
 * A stand-in for the aws provider that answers previews, and nothing else: it asks AWS for nothing, needs no
 * credentials, and makes nothing. Previews without a state use it. One shows what this program plans, and refuses what AWS
 * is known to refuse (rules/): limits, character sets, reserved names. Quotas, and what an account has, only AWS can tell.
 */
import { createHash } from "node:crypto";
import { changes } from "../lib/diff";
import { serveProvider } from "../lib/provider";
import type { ResourceType } from "../lib/resource";
import { reveal, revealAll, UNKNOWN, type Properties } from "../lib/values";
import { violations } from "./rules";
import { AWS_TYPES } from "./types";

const MISSING =
  "there are no AWS credentials for this: what answers here is the stand-in for previews, which makes nothing. " +
  "Install Pulumi (https://www.pulumi.com/docs/install/) and log in to AWS, then run `up` without SWARM_HA_ALLOW_KIT";

const refuse = (): Promise<never> => Promise.reject(new Error(MISSING));

function previewed(token: string, { replaces = [], computed }: (typeof AWS_TYPES)[string]): ResourceType {
  return {
    check: (news, { name }) => ({
      inputs: news,
      failures: violations(token, revealAll(news), name).map(({ property, value, rule, source }) => ({
        property,
        reason: `got ${value}; AWS takes a value that ${rule} (${source})`,
      })),
    }),
    diff: ({ inputs }, news) => ({
      changes: changes(inputs, news),
      replaces: (path) => replaces.some((one) => one === "*" || path === one || path.startsWith(`${one}.`)),
    }),
    create(call, inputs) {
      if (!call.preview) return refuse();
      const unknown = computed.filter((name) => inputs[name] === undefined).map((name) => [name, UNKNOWN]);
      return Promise.resolve({ id: "", state: { ...inputs, ...(Object.fromEntries(unknown) as Properties) } });
    },
    update: (call, state, inputs) => (call.preview ? Promise.resolve({ ...state, ...inputs }) : refuse()),
    delete: refuse,
  };
}

serveProvider({
  name: "aws",
  version: "7.48.0",
  types: Object.fromEntries(Object.entries(AWS_TYPES).map(([token, type]) => [`aws:${token}`, previewed(token, type)])),
  functions: {
    // An id that looks like one, and is another for every image.
    "aws:ec2/getAmi:getAmi": (inputs) => {
      const wanted = JSON.stringify(reveal(inputs["filters"] ?? null));
      return { ...inputs, id: `ami-${createHash("sha256").update(wanted).digest("hex").slice(0, 17)}` };
    },
  },
});
