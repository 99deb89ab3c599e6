import { z } from "zod";
import { bastionOf, loadBalancerHosts, loginOf, type BastionHost } from "../../../config/platforms/hosts/logins";
import type { HostsConfig } from "../../../config/platforms/hosts";
import { keys } from "../../../config/platforms/hosts/schema";
import { UserError } from "../../terminal/errors";
import type { ListedHost } from "../types";

/** Path of the platform's key in a stack file. */
const KEY = ["config", "swarm-ha:hosts"];

/** Path of the inventory in a stack file. */
export const INVENTORY = [...KEY, "inventory"];

/** The platform's key, though host keys may be missing, which a rule refuses. @throws UserError with what is missing */
export function settingsOf(values: Readonly<Record<string, unknown>>): HostsConfig {
  const { hosts } = values;
  const read = keys.hosts.safeParse(typeof hosts === "string" ? parsed(hosts) : hosts);
  if (read.success) return read.data;
  throw new UserError(`swarm-ha:hosts isn't valid yet:\n${z.prettifyError(read.error)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** All hosts, each once: the bastion first, then those of load balancers, then the inventory. Pure. */
export function listedHosts(settings: HostsConfig): readonly ListedHost[] {
  const config = { hosts: settings };
  const found = new Map<string, ListedHost>();
  const bastion = bastionHost(settings);
  if (settings.bastion !== undefined) {
    found.set(bastion.name, { name: bastion.name, login: bastion.login, direct: true, paths: [[...KEY, "bastion"]] });
  }
  const add = (name: string, host: Pick<ListedHost, "login" | "paths">): void => {
    found.set(name, { name, ...host, direct: name === bastion.name });
  };
  for (const { name, login } of loadBalancerHosts(config)) add(name, { login, paths: balancerPaths(settings, name) });
  for (const [index, host] of settings.inventory.entries()) {
    add(host.name, { login: loginOf(config, host), paths: [[...INVENTORY, index]] });
  }
  return [...found.values()].sort((a, b) => Number(b.direct) - Number(a.direct));
}

function bastionHost(settings: HostsConfig): BastionHost {
  try {
    return bastionOf({ hosts: settings });
  } catch {
    throw new UserError(
      "swarm-ha:hosts names no bastion, no host of a load balancer and no worker, so there is no way to the hosts. " +
        "Add one of them.",
    );
  }
}

function balancerPaths({ loadBalancers }: HostsConfig, name: string): (string | number)[][] {
  return Object.entries(loadBalancers).flatMap(([tier, settings]) =>
    settings.hosts !== undefined
      ? settings.hosts.flatMap((host, index) =>
          host.name === name ? [[...KEY, "loadBalancers", tier, "hosts", index]] : [],
        )
      : [],
  );
}
