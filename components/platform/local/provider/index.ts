/** Providers of the local platform's dynamic resources, loaded by name at run time (see ../resources.ts). */
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

type Provider = pulumi.dynamic.ResourceProvider;

/** Containers: hosts, bastion and load balancers. */
export const container: Provider = {
  diff: (_id, old: ContainerState, inputs: ContainerInputs) =>
    // A change of `reload` has no effect by itself. `names` are set at creation: the prepare step updates those of running
    // hosts (scripts/prepare.sh).
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

/** Images on hosts. They are deleted with their host, so there is no delete. */
export const hostImage: Provider = {
  diff: (_id, old: HostImageInputs, inputs: HostImageInputs) => Promise.resolve(difference(old, inputs, ["host"], [])),
  create: explained(createHostImage),
  read: reading(readHostImage),
};
