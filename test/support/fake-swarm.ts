/** A swarm under Pulumi's mocks, as index.ts creates it. */
import { parseConfig, type StackConfig } from "../../config";
import { Pki } from "../../components/pki";
import { planHosts, type HostSpec } from "../../plan/placement";
import type { Platform } from "../../components/platform/types";
import { SshKeys } from "../../components/ssh/keys";
import { Swarm } from "../../components/swarm";
import { managersOf } from "../../components/swarm/bastion";
import { AddressRanges } from "../../components/swarm/ranges";
import { fakePlatform } from "./fake-platform";

/** What a platform is made of. */
interface PlatformParts {
  readonly config: StackConfig;
  readonly hosts: readonly HostSpec[];
  readonly keys: SshKeys;
}

/**
 * Makes the resources of a swarm; to be called in a program that `record` runs.
 *
 * @param createPlatform its platform. @default one of nothing but resources
 */
export function fakeSwarm(
  overrides: Readonly<Record<string, unknown>>,
  createPlatform: (parts: PlatformParts) => Platform = ({ hosts, keys }) => fakePlatform(hosts, keys),
): {
  readonly config: StackConfig;
  readonly keys: SshKeys;
  readonly platform: Platform;
  readonly pki: Pki;
  readonly swarm: Swarm;
} {
  const config = parseConfig({ platform: "local", ...overrides }, "unit");
  const hosts = planHosts(config);
  const keys = new SshKeys("ssh", { hosts: ["bastion", ...hosts.map((host) => host.name)] });
  const platform = createPlatform({ config, hosts, keys });
  const managers = managersOf(hosts);
  const ranges = new AddressRanges("ranges", config);
  const pki = new Pki("pki", {
    stack: config.stack,
    validity: config.certificates,
    managers,
    dnsNames: ["manager.swarm.localhost"],
    ipAddresses: [],
    app: platform.loadBalancers.app,
    registry: platform.loadBalancers.registry,
  });
  return { config, keys, platform, pki, swarm: new Swarm("swarm", { config, platform, pki, managers, ranges }) };
}
