import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../../dynamic-provider";
import type { HostInputs } from "./host-inputs";

/** A host that exists already: a node, a host of load balancers or the bastion. Its `read` notices a re-installed one. */
export class HostResource extends pulumi.CustomResource {
  /** Changes exactly when the host is replaced. */
  declare public readonly identity: pulumi.Output<string>;

  public constructor(name: string, { login, bastion, ...inputs }: HostInputs, opts: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/swarm-ha:Host",
      name,
      {
        __provider: providerText("components/platform/hosts/provider", "host"),
        identity: undefined,
        ...inputs,
        // The Pulumi engine keeps outputs secret whose inputs of the same names are.
        login: pulumi.secret(login),
        ...(bastion === undefined ? {} : { bastion: pulumi.secret(bastion) }),
      },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}
