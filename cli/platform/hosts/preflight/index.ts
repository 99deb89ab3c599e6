/** Checks of hosts that exist already, before anything is touched. */
import { ConfigError, parseConfig } from "../../../../config";
import type { HostsStackConfig } from "../../../../config/platforms/hosts";
import { bastionOf, loadBalancerHosts } from "../../../../config/platforms/hosts/logins";
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

/** Hosts that the state doesn't have, or has with another address: another machine. (Host keys in it are encrypted.) Pure. */
export function newHosts(hosts: readonly Asked[], deployment: Deployment): readonly Asked[] {
  const urns = new Map(instancesOf(deployment).map(({ name, urn }) => [name, urn]));
  return hosts.filter(({ name, address }) => {
    const known = resourcesOf(deployment).find(({ urn }) => urn === urns.get(name));
    return known?.inputs?.["address"] !== address;
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
  const answers = await askAll(hosts, bastion, version === undefined ? { source } : { source, version });
  return evaluate(answers, {
    ...{ stack: config.stack, engine, adopt },
    tiers: Object.fromEntries(loadBalancerHosts(config).map(({ name, tiers }) => [name, tiers])),
    nodes: planHosts(config).map(({ name }) => name),
  });
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
