import type { Login } from "../../../plan/login";
import type { LoadBalancerName } from "../../../plan/roles";
import type { HostsStackConfig } from ".";
import { normalKey } from "./private-key";

type Config = Pick<HostsStackConfig, "hosts">;
type OwnLogin = Pick<Login, "address"> & { readonly [K in keyof Omit<Login, "address">]?: Login[K] | undefined };

/** A host of load balancers. */
export interface LoadBalancerHost {
  readonly name: string;
  readonly login: Login;
  /** The tiers whose traffic it forwards. */
  readonly tiers: readonly LoadBalancerName[];
}

/** The bastion of hosts that exist already. */
export interface BastionHost {
  /** `bastion`, or the name of the host that is the bastion beside its own work. */
  readonly name: string;
  /** Its login, as seen from the workstation. */
  readonly login: Login;
  /** Its address, as seen from the other hosts. */
  readonly privateAddress: string;
}

/** A host's login: its own, else that of all hosts. */
export function loginOf({ hosts: { ssh } }: Config, own: OwnLogin): Login {
  const sudoPassword = own.sudoPassword ?? ssh.sudoPassword;
  return {
    address: own.address,
    port: own.port ?? ssh.port,
    user: own.user ?? ssh.user,
    privateKey: normalKey(own.privateKey ?? ssh.privateKey),
    hostKey: withoutComment(own.hostKey),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
}

/** The key as it is compared. A rule refuses a missing one, but `trust-hosts` runs before. */
export function withoutComment(hostKey = ""): string {
  return hostKey.split(" ", 2).join(" ");
}

/** The hosts of load balancers, each once. */
export function loadBalancerHosts(config: Config): readonly LoadBalancerHost[] {
  const found = new Map<string, { login: Login; tiers: LoadBalancerName[] }>();
  for (const [tier, settings] of Object.entries(config.hosts.loadBalancers)) {
    for (const { name, ...own } of settings.hosts ?? []) {
      const host = found.get(name) ?? { login: loginOf(config, own), tiers: [] };
      host.tiers.push(tier as LoadBalancerName);
      found.set(name, host);
    }
  }
  return [...found].map(([name, host]) => ({ name, ...host }));
}

/** The bastion: the configured one, else the first host of load balancers, else the first worker. */
export function bastionOf(config: Config): BastionHost {
  const { bastion, inventory } = config.hosts;
  if (bastion !== undefined) {
    const { privateAddress, ...own } = bastion;
    return { name: "bastion", login: loginOf(config, own), privateAddress: privateAddress ?? bastion.address };
  }
  const [balancer] = loadBalancerHosts(config);
  if (balancer !== undefined) return { ...balancer, privateAddress: balancer.login.address };
  const worker = inventory.find(({ role }) => role === "worker");
  if (worker === undefined) throw new Error("the inventory has no worker, which a rule refuses");
  return { name: worker.name, login: loginOf(config, worker), privateAddress: worker.address };
}
