import * as pulumi from "@pulumi/pulumi";
import type { HostImageInputs } from "./provider/host-image";
import type { MachineFile, MachineInputs } from "./machine-spec";
import type { NetworkInputs } from "./provider/network";
import type { RegistryImageInputs } from "./provider/registry-image";

/**
 * The text of a dynamic provider, which Pulumi keeps in the state and evaluates in a process of its own.
 *
 * Pulumi would serialize the functions themselves, which puts this program's code into the state of every machine,
 * shows each change of it as a change of the machine, and costs a second to do. This constant loads the code by name
 * instead: what is in the state never changes, and what runs is always what is in the clone.
 */
function providerText(name: "hostImage" | "machine" | "network" | "registryImage"): string {
  return (
    `exports.handler = () => { const load = require("node:module").createRequire(process.cwd() + "/"); ` +
    `load("tsx/cjs"); return load("./components/platform/local/provider").${name}; };`
  );
}

type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<T[K]> };

/** A container that stands for a machine, with a real `read`: `refresh` finds a lost one. */
export class MachineResource extends pulumi.CustomResource {
  /** The container's id. */
  declare public readonly identity: pulumi.Output<string>;
  /** Its address. */
  declare public readonly address: pulumi.Output<string>;

  public constructor(
    name: string,
    inputs: Inputs<Omit<MachineInputs, "files">> & { readonly files: pulumi.Input<pulumi.Input<MachineFile>[]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:Machine",
      name,
      { __provider: providerText("machine"), identity: undefined, address: undefined, ...inputs },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}

/** The bridge network that a stack's machines share. */
export class NetworkResource extends pulumi.CustomResource {
  /** Its name. */
  declare public readonly name: pulumi.Output<string>;

  public constructor(name: string, inputs: Inputs<NetworkInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:Network",
      name,
      { __provider: providerText("network"), ...inputs },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}

/** An image in the engine of a host. */
export class HostImageResource extends pulumi.CustomResource {
  public constructor(name: string, inputs: Inputs<HostImageInputs>, opts: pulumi.CustomResourceOptions) {
    super("pulumi-nodejs:dynamic/swarm-ha:HostImage", name, { __provider: providerText("hostImage"), ...inputs }, opts);
  }
}

/** An image in the stack's registry. */
export class RegistryImageResource extends pulumi.CustomResource {
  /** What a service calls it, with the digest of what was pushed. */
  declare public readonly reference: pulumi.Output<string>;

  public constructor(name: string, inputs: Inputs<RegistryImageInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:RegistryImage",
      name,
      {
        __provider: providerText("registryImage"),
        reference: undefined,
        ...inputs,
        password: pulumi.secret(inputs.password),
      },
      { additionalSecretOutputs: ["password"], ...opts },
    );
  }
}
