/** What the dynamic resources of the local platform do; loaded by name at run time, see ../resources.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { difference } from "./diff";
import { explained } from "./explain";
import { createMachine, deleteMachine, readMachine, updateMachine, type MachineState } from "./machine";
import type { MachineInputs } from "../machine-spec";
import { createNetwork, deleteNetwork, readNetwork, refuseMove, type NetworkInputs } from "./network";

type Provider = pulumi.dynamic.ResourceProvider;

/** Containers that stand for machines. */
export const machine: Provider = {
  diff: (_id, old: MachineState, inputs: MachineInputs) =>
    // `reload` says what to do on a change, and is none itself.
    Promise.resolve(difference(old, inputs, ["image", "reload"], ["files"])),
  create: explained(createMachine),
  read: explained(async (id: string, state: MachineState) => {
    const found = await readMachine(id, state);
    // An empty id says that it is gone.
    return found === undefined ? { id: "" } : { id, props: found };
  }),
  update: explained(async (id: string, old: MachineState, inputs: MachineInputs) => ({
    outs: await updateMachine(id, old, inputs),
  })),
  delete: explained(deleteMachine),
};

/** The network that the machines share. */
export const network: Provider = {
  diff: (_id, old: NetworkInputs, inputs: NetworkInputs) => {
    refuseMove(old, inputs);
    return Promise.resolve(difference(old, inputs, [], []));
  },
  create: explained(createNetwork),
  read: explained(async (id: string, state: NetworkInputs) => {
    const found = await readNetwork(id, state);
    return found === undefined ? { id: "" } : { id, props: found };
  }),
  delete: explained(deleteNetwork),
};
