import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../dynamic-provider";
import type { HostImageInputs } from "./provider/host-image";
import type { ContainerFile, ContainerInputs } from "./container-spec";
import type { NetworkInputs } from "./provider/network";

const PROVIDERS = "components/platform/local/provider";

type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<T[K]> };

/** The container of a host, the bastion or a load balancer. It has a real `read`, so `refresh` notices a lost one. */
export class ContainerResource extends pulumi.CustomResource {
  /** Id of the first container. */
  declare public readonly identity: pulumi.Output<string>;
  /** Its address. */
  declare public readonly address: pulumi.Output<string>;

  public constructor(
    name: string,
    inputs: Inputs<Omit<ContainerInputs, "files">> & { readonly files: pulumi.Input<pulumi.Input<ContainerFile>[]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:Container",
      name,
      { __provider: providerText(PROVIDERS, "container"), identity: undefined, address: undefined, ...inputs },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}

/** The bridge network that a stack's containers share. */
export class NetworkResource extends pulumi.CustomResource {
  /** Its name. */
  declare public readonly name: pulumi.Output<string>;

  public constructor(name: string, inputs: Inputs<NetworkInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:Network",
      name,
      { __provider: providerText(PROVIDERS, "network"), ...inputs },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}

/** An image on a host's Docker engine. */
export class HostImageResource extends pulumi.CustomResource {
  public constructor(name: string, inputs: Inputs<HostImageInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:HostImage",
      name,
      { __provider: providerText(PROVIDERS, "hostImage"), ...inputs },
      opts,
    );
  }
}
