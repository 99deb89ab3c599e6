/** Provider of the resource of ../resources.ts, loaded by name at run time. */
import type * as pulumi from "@pulumi/pulumi";
import type { HostInputs, HostState } from "../host-inputs";
import { hostDifference } from "./diff";
import { createHost, deleteHost, lookAtHost, updateHost } from "./host";
import { tell } from "./session";

/** Hosts that exist already. */
export const host: pulumi.dynamic.ResourceProvider = {
  diff: (_id, old: HostState, inputs: HostInputs) => Promise.resolve(hostDifference(old, inputs)),
  create: createHost,
  read: async (id: string, state: HostState) => {
    const seen = await lookAtHost(state);
    // One failed read would stop the whole `refresh`.
    if (seen.kind === "unknown") tell(`warning: ${seen.why}. What the state has of ${state.name} is unchanged.`);
    // An empty id means that it is gone.
    return seen.kind === "gone" ? { id: "" } : { id, props: state };
  },
  update: async (_id, old: HostState, inputs: HostInputs) => ({ outs: await updateHost(old, inputs) }),
  delete: async (_id, state: HostState) => {
    await deleteHost(state);
  },
};
