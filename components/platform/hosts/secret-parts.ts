import * as pulumi from "@pulumi/pulumi";
import type { Login } from "../../../plan/login";

/** A login for a connection, with what is secret in it marked. */
export function secretParts({ privateKey, sudoPassword, ...login }: Omit<Login, "address">): Omit<
  Login,
  "address" | "privateKey" | "sudoPassword"
> & {
  readonly privateKey: pulumi.Output<string>;
  readonly sudoPassword?: pulumi.Output<string>;
} {
  return {
    ...login,
    privateKey: pulumi.secret(privateKey),
    ...(sudoPassword === undefined ? {} : { sudoPassword: pulumi.secret(sudoPassword) }),
  };
}
