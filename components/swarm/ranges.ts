import * as pulumi from "@pulumi/pulumi";
import { platformOf, type StackConfig } from "../../config";
import { providerText } from "../dynamic-provider";
import type { RangesInputs } from "./ranges-provider";

/**
 * The address ranges that hosts and swarm are made with, remembered: a preview with others fails, and so does an update
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
    // It was the swarm's: what such a stack remembers stays.
    const aliases = [{ parent: pulumi.createUrn("swarm", "swarm-ha:swarm:Swarm") }];
    super("pulumi-nodejs:dynamic/swarm-ha:AddressRanges", name, { __provider, ...inputs }, { aliases, ...opts });
  }
}
