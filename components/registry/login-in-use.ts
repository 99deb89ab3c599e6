import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../dynamic-provider";

/** Stores which of the registry's two logins is in use: see ./login-provider.ts. */
export class LoginInUse extends pulumi.CustomResource {
  /** Whether it is the second one. */
  declare public readonly secondInUse: pulumi.Output<boolean>;

  /** @param keys The public keys of both logins. */
  public constructor(
    name: string,
    keys: { readonly first: pulumi.Input<string>; readonly second: pulumi.Input<string> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    const __provider = providerText("components/registry/login-provider", "loginInUse");
    super("pulumi-nodejs:dynamic/swarm-ha:LoginInUse", name, { __provider, ...keys, secondInUse: undefined }, opts);
  }
}
