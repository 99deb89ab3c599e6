import { describeKey } from "../../../config/describe";
import type { BastionAddress } from "../../pulumi/bastion";
import { stackValues, type StackText } from "../../pulumi/stack-values";

/** The bastion of a stack on this workstation, by its stack file: as it is written there, else the schema's default. */
export function localBastion(file: StackText): BastionAddress {
  const local = stackValues(file)["local"] as { ports?: { ssh?: number } | null } | null | undefined;
  const port = local?.ports?.ssh ?? (describeKey(["local", "ports", "ssh"]).default as number);
  return { host: "127.0.0.1", port };
}
