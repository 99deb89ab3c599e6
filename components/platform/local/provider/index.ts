/** What the dynamic resources of the local platform do; loaded by name at run time, see ../resources.ts. */
import type * as pulumi from "@pulumi/pulumi";
import { difference } from "./diff";
import { explained } from "./explain";
import { createHostImage, readHostImage, type HostImageInputs } from "./host-image";
import {
  createContainer,
  deleteContainer,
  readContainer,
  updateContainer,
  type ContainerState,
} from "./container-resource";
import type { ContainerInputs } from "../container-spec";
import { createNetwork, deleteNetwork, readNetwork, refuseMove, type NetworkInputs } from "./network";
import { reading } from "./reading";
import {
  createRegistryImage,
  readRegistryImage,
  type RegistryImageInputs,
  type RegistryImageState,
} from "./registry-image";

type Provider = pulumi.dynamic.ResourceProvider;

/** Containers: hosts, bastion and load balancers. */
export const container: Provider = {
  diff: (_id, old: ContainerState, inputs: ContainerInputs) =>
    // `reload` says what to do on a change, and is none itself. `names` are what it is born with: the preparation gives a running
    // one others (scripts/prepare.sh).
    Promise.resolve(difference(old, inputs, ["image", "reload", "names"], ["files"])),
  create: explained(createContainer),
  read: reading(readContainer),
  update: explained(async (id: string, old: ContainerState, inputs: ContainerInputs) => ({
    outs: await updateContainer(id, old, inputs),
  })),
  delete: explained(deleteContainer),
};

/** The network that the containers share. */
export const network: Provider = {
  diff: (_id, old: NetworkInputs, inputs: NetworkInputs) => {
    refuseMove(old, inputs);
    return Promise.resolve(difference(old, inputs, [], []));
  },
  create: explained(createNetwork),
  read: reading(readNetwork),
  delete: explained(deleteNetwork),
};

/** Images that hosts' engines are given. They go with the host: there is nothing to delete. */
export const hostImage: Provider = {
  diff: (_id, old: HostImageInputs, inputs: HostImageInputs) => Promise.resolve(difference(old, inputs, ["host"], [])),
  create: explained(createHostImage),
  read: reading(readHostImage),
};

/** Images that are pushed to the stack's registry. They stay there: a service may be about to pull one. */
export const registryImage: Provider = {
  diff: (_id, old: RegistryImageState, inputs: RegistryImageInputs) =>
    Promise.resolve(difference(old, inputs, [], ["ca", "username", "password"])),
  create: explained((inputs: RegistryImageInputs) => createRegistryImage(inputs)),
  read: reading(readRegistryImage),
  // How to reach the registry has changed, not what is in it.
  update: (_id, old: RegistryImageState, inputs: RegistryImageInputs) =>
    Promise.resolve({ outs: { ...inputs, reference: old.reference } }),
};
