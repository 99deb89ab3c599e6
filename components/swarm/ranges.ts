import * as pulumi from "@pulumi/pulumi";
import { platformOf, type StackConfig } from "../../config";
import { providerText } from "../dynamic-provider";
import type { RangesInputs } from "./ranges-provider";

/**
 * Stores the address ranges of hosts and swarm. A preview with other ranges fails, and so does an update
 * before its first step.
 *
 * (`hosts` only where the hosts' network doesn't refuse another range by itself.)
 */
export class AddressRanges extends pulumi.CustomResource {
  public constructor(name: string, config: StackConfig, opts?: pulumi.CustomResourceOptions) {
    const { stack, network } = config;
    const { hosts, overlay, engine } = network;
    const inputs: RangesInputs = { stack, overlay, engine, ...(platformOf(config).keepsHostRange ? {} : { hosts }) };
    const __provider = providerText("components/swarm/ranges-provider", "ranges");
    // It was a child of the swarm: older stacks keep their stored ranges.
    const aliases = [{ parent: pulumi.createUrn("swarm", "swarm-ha:swarm:Swarm") }];
    super("pulumi-nodejs:dynamic/swarm-ha:AddressRanges", name, { __provider, ...inputs }, { aliases, ...opts });
  }
}
