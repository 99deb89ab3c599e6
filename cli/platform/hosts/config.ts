import type { HostsStackConfig } from "../../../config/platforms/hosts";
import { readStackConfig } from "../../pulumi/config";
import type { StackText } from "../../pulumi/stack-values";

/** The configuration of a stack on hosts that exist already; undefined where it isn't valid, or is of another platform. */
export function hostsConfigOf(stack: string, file: StackText): HostsStackConfig | undefined {
  const config = readStackConfig(stack, file);
  return config?.platform === "hosts" ? config : undefined;
}
