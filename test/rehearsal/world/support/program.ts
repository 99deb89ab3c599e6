/** The program that the world's tests run: the platform of a stack file alone, with real keys. */
import "../../../../components/lean-sdk";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../../../config";
import { planHosts } from "../../../../plan/placement";
import { createPlatform } from "../../../../components/platform";
import { SshKeys } from "../../../../components/ssh/keys";
import { AddressRanges } from "../../../../components/swarm/ranges";

const { stack, values } = JSON.parse(readFileSync("spec.json", "utf8")) as {
  readonly stack: string;
  readonly values: Record<string, unknown>;
};

const config = parseConfig(values, stack);
const hosts = planHosts(config);
const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map(({ name }) => name)] });
const platform = createPlatform({ config, hosts, keys, ranges: new AddressRanges("ranges", config) });

/** Instance ids and addresses by host. */
export const made = pulumi.output(
  Object.fromEntries(platform.hosts.map(({ name, identity, address }) => [name, { identity, address }])),
);
