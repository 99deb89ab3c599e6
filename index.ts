import "./components/lean-sdk";
import { loadConfig } from "./config/load";
import { backupStore } from "./components/backup-store";
import { Ingress } from "./components/ingress";
import type { ProgramOutputs } from "./components/outputs";
import { createPlatform } from "./components/platform";
import { planHosts } from "./plan/placement";
import { spareIn } from "./plan/spare";
import { Pki } from "./components/pki";
import { Registry } from "./components/registry";
import { sshKeys } from "./components/ssh/keys";
import { stackOutputs } from "./components/stack-outputs";
import { Swarm } from "./components/swarm";
import { managersOf } from "./components/swarm/bastion";
import { AddressRanges } from "./components/swarm/ranges";

const config = loadConfig();
const hosts = planHosts(config, spareIn(process.env));

const ranges = new AddressRanges("ranges", config);
const keys = sshKeys(config, hosts);
const platform = createPlatform({ config, hosts, keys, ranges });
const managers = managersOf(hosts);
const pki = new Pki("pki", {
  stack: config.stack,
  protect: platform.protectsData,
  validity: config.certificates,
  managers,
  dnsNames: platform.loadBalancers.manager.dnsNames,
  ipAddresses: platform.loadBalancers.manager.ipAddresses,
  app: platform.loadBalancers.app,
  registry: platform.loadBalancers.registry,
});
const swarm = new Swarm("swarm", { config, platform, pki, managers, ranges });
const registry = new Registry("registry", { platform, swarm, certificate: pki.registry });
new Ingress("ingress", { config, platform, pki, swarm, registry });
const backup = backupStore(config, platform);

const outputs: ProgramOutputs = stackOutputs({ config, platform, keys, pki, swarm, registry, backup });
export = outputs;
