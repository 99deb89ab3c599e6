/** The provider of a simulation's dynamic resources: containers, network and images that only take their time. */
import { setTimeout as sleep } from "node:timers/promises";
import { changes } from "../../../offline/lib/diff";
import { serveProvider } from "../../../offline/lib/provider";
import type { Call, ResourceType } from "../../../offline/lib/resource";
import { isObject, reveal, type Properties } from "../../../offline/lib/values";
import { toNumber, toText } from "../../../plan/ipv4";
import { hex, kindOf, SECONDS } from "./steps";

const simulated: ResourceType = {
  check: (inputs) => ({ inputs, failures: [] }),
  diff: ({ inputs }, news) => ({ changes: changes(inputs, news), replaces: () => false }),
  create: async (call, inputs) => {
    await take(call);
    return { id: hex(call.urn), state: { ...inputs, ...late(call, inputs) } };
  },
  update: async (call, state, inputs) => {
    await take(call);
    const kept = ["identity", "address"].filter((key) => state[key] !== undefined);
    return { ...inputs, ...Object.fromEntries(kept.map((key) => [key, state[key] ?? null])) };
  },
};

async function take(call: Call): Promise<void> {
  const type = call.urn.split("::")[2] ?? "";
  if (!call.preview) await sleep(SECONDS[kindOf(call.name, type)] * 1000, undefined, { signal: call.signal });
}

/** What the real providers know only afterwards. */
function late({ urn, name }: Call, inputs: Properties): Properties {
  if (!urn.includes("swarm-ha:Container::")) return {};
  const range = reveal(inputs["addresses"] ?? null);
  const first = isObject(range) ? range["first"] : undefined;
  if (typeof first !== "string") return { identity: hex(urn) };
  // By the host's number, so that no list of addresses in use is needed.
  return { identity: hex(urn), address: toText(toNumber(first) + Number(name.split("-").at(-1))) };
}

const TYPES = ["Container", "Network", "HostImage", "AddressRanges", "LoginInUse"];

serveProvider({
  name: "pulumi-nodejs",
  version: "3.245.0",
  types: Object.fromEntries(TYPES.map((type) => [`pulumi-nodejs:dynamic/swarm-ha:${type}`, simulated])),
});
