/** Checks of hosts that exist already, before anything is touched. */
import { ConfigError, parseConfig } from "../../../../config";
import type { HostsStackConfig } from "../../../../config/platforms/hosts";
import { bastionOf, loadBalancerHosts } from "../../../../config/platforms/hosts/logins";
import { loadBalancerOf } from "../../../../config/platforms/hosts/load-balancers";
import { endpointParts } from "../../../../components/platform/hosts/external";
import { pinnedKey } from "../../../../components/ssh/host-way";
import { LOAD_BALANCER } from "../../../../plan/labels";
import { planHosts } from "../../../../plan/placement";
import { deploymentSchema, instancesOf, resourcesOf, type Deployment } from "../../../cluster/deployment";
import { isUp } from "../../../pulumi/arguments";
import { Findings, orWarned } from "../../not-checked";
import type { PlannedRun, PreflightCheck } from "../../types";
import { listedHosts } from "../listed";
import { evaluate } from "./evaluate";
import type { Finding } from "./finding";
import { askAll, type Asked } from "./look";

/** All hosts, in `npm run preflight`. */
export function checks(run: PlannedRun): PreflightCheck[] {
  return [
    {
      what: "every host: login, system, addresses, ports, packages, and what is there already",
      check: async () => {
        const config = await configOf(run);
        if (config === undefined) throw new Error("the configuration isn't valid");
        raise(await findingsOf(config, askedHosts(config)));
      },
    },
  ];
}

/** Before an `up`: the hosts that it claims. The others were checked when they were new. */
export async function preflight(run: PlannedRun): Promise<void> {
  if (!isUp(run.args)) return;
  const config = await configOf(run);
  // The program itself says what is wrong with it.
  if (config === undefined) return;
  const fresh = newHosts(askedHosts(config), await deploymentOf(run));
  if (fresh.length === 0) return;
  await orWarned(async () => {
    raise(await findingsOf(config, fresh));
  });
}

async function configOf({ stack, config: whole }: PlannedRun): Promise<HostsStackConfig | undefined> {
  try {
    const config = parseConfig(await whole(), stack);
    return config.platform === "hosts" ? config : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

async function deploymentOf({ state }: PlannedRun): Promise<Deployment> {
  const text = await state();
  return text === undefined ? {} : deploymentSchema.parse(JSON.parse(text));
}

/** Hosts that the state doesn't have, or has with another address or host key: another machine. Pure. */
export function newHosts(hosts: readonly Asked[], deployment: Deployment): readonly Asked[] {
  const urns = new Map(instancesOf(deployment).map(({ name, urn }) => [name, urn]));
  return hosts.filter(({ name, address, login }) => {
    const { address: before, hostKey } =
      resourcesOf(deployment).find(({ urn }) => urn === urns.get(name))?.inputs ?? {};
    return before !== address || (typeof hostKey === "string" && hostKey !== pinnedKey(login.hostKey));
  });
}

function raise(findings: readonly Finding[]): void {
  const of = (level: Finding["level"]): string[] => findings.flatMap((one) => (one.level === level ? [one.text] : []));
  if (findings.length > 0) throw new Findings(of("problem"), of("advice"));
}

async function findingsOf(config: HostsStackConfig, hosts: readonly Asked[]): Promise<readonly Finding[]> {
  const { engine, adopt } = config.hosts;
  const [bastion] = askedHosts(config);
  if (bastion === undefined) return [];
  const { source, version } = engine;
  const registryName = registryNameOf(config);
  const mount = sharedFolderOf(config);
  const answers = await askAll(hosts, bastion, {
    engine: version === undefined ? { source } : { source, version },
    names: registryName === undefined ? [] : [registryName],
    ...(mount === undefined ? {} : { mount }),
  });
  return evaluate(answers, {
    ...{ stack: config.stack, engine, adopt },
    ...(registryName === undefined ? {} : { registryName }),
    ...(mount === undefined ? {} : { mount }),
    tiers: Object.fromEntries(loadBalancerHosts(config).map(({ name, tiers }) => [name, tiers])),
    nodes: planHosts(config).map(({ name }) => name),
  });
}

/** Name of the registry's external endpoint, which hosts have to resolve. @returns undefined where the program names it, or for an address */
export function registryNameOf(config: HostsStackConfig): string | undefined {
  const settings = loadBalancerOf(config, "registry");
  if (settings.kind !== "external") return undefined;
  const { host } = endpointParts(settings.endpoint);
  return /^[\d.]+$/.test(host) ? undefined : host;
}

/** The folder that the registry hosts share. @returns undefined where there is one such host, or none is shared */
export function sharedFolderOf(config: HostsStackConfig): string | undefined {
  const registries = planHosts(config).filter(({ role }) => role === "registry").length;
  return registries > 1 ? config.hosts.registryStorage.path : undefined;
}

/** All hosts with what is asked of them; the bastion is the first. Pure. */
export function askedHosts(config: HostsStackConfig): readonly Asked[] {
  const nodes = new Map(planHosts(config).map((host) => [host.name, host]));
  const balancers = loadBalancerHosts(config).map(({ name }) => name);
  const bastion = bastionOf(config);
  return listedHosts(config.hosts).map((host) => {
    const node = nodes.get(host.name);
    const role = node?.role ?? (balancers.includes(host.name) ? LOAD_BALANCER : "bastion");
    const address = node?.address ?? (host.name === bastion.name ? bastion.privateAddress : host.login.address);
    return { ...host, role, address, node: node !== undefined };
  });
}
