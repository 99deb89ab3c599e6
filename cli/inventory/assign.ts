/** Makes entries of an inventory from hosts that another tool's file names. Pure. */
import { ROLES, type Role } from "../../plan/roles";
import { UserError } from "../terminal/errors";
import type { FoundHost } from "./found";

/** An entry of the inventory in the stack file. */
export interface Entry {
  readonly name: string;
  readonly role: Role;
  readonly pool?: string;
  readonly zone: string;
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
}

/** What the command line says about hosts and groups. */
export interface Assignments {
  /** `web=worker:web`, `rack_1=zone:rack-1`: groups. */
  readonly groups: readonly string[];
  /** `web-1=worker:web`: single hosts. */
  readonly roles: readonly string[];
  /** `web-1=rack-1`: single hosts. */
  readonly zones: readonly string[];
}

/** What is known of the stack file. */
export interface Known {
  /** `swarm-ha:zones`. */
  readonly zones: readonly string[];
  /** `swarm-ha:hosts.ssh`: what needn't be said again for a host. */
  readonly ssh: { readonly user?: string; readonly port?: number };
}

/** Groups that are taken for roles without being named. */
const GROUPS: Readonly<Record<string, string>> = {
  managers: "manager",
  manager: "manager",
  registry: "registry",
  registries: "registry",
  workers: "worker",
  worker: "worker",
};
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * Entries for all hosts that have a role.
 *
 * @returns `left`: names of hosts without a role, which aren't imported
 * @throws UserError with everything that can't be decided, each with its host and the option that decides it
 */
export function assign(
  found: readonly FoundHost[],
  given: Assignments,
  known: Known,
): { readonly entries: readonly Entry[]; readonly left: readonly string[] } {
  const problems: string[] = [];
  const pairs = (option: string, all: readonly string[]): Map<string, string> =>
    new Map(
      all.flatMap((text) => {
        const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
        if (name !== undefined && value !== undefined) return [[name, value] as const];
        problems.push(`--${option} ${text}: write --${option} <name>=<value>`);
        return [];
      }),
    );
  const groups = pairs("group", given.groups);
  const roles = pairs("role", given.roles);
  const zones = pairs("zone", given.zones);
  const there = new Set(found.map(({ name }) => name));
  for (const [option, names] of [
    ["role", roles],
    ["zone", zones],
  ] as const) {
    for (const name of names.keys())
      if (!there.has(name)) problems.push(`--${option} ${name}=…: the file has no host ${name}`);
  }
  const allGroups = new Set(found.flatMap((host) => host.groups));
  for (const name of groups.keys())
    if (!allGroups.has(name)) problems.push(`--group ${name}=…: no host is in a group ${name}`);

  const left: string[] = [];
  const entries = found.flatMap((host): Entry[] => {
    const problem = (text: string): void => void problems.push(`${host.name}: ${text}`);
    const role = roleOf(host, { groups, roles }, problem);
    if (role === "none") left.push(host.name);
    if (role === "none" || role === undefined) return [];
    const name = shortName(host.name, problem);
    const zone = zoneOf(host, { groups, zones }, known.zones, problem);
    const address = addressOf(host, problem);
    const port = portOf(host, problem);
    const user = textOf(host, ["ansible_user", "ansible_ssh_user"], problem);
    if (name === undefined || zone === undefined || address === undefined) return [];
    return [
      {
        ...{ name, ...role, zone, address },
        ...(port === undefined || port === (known.ssh.port ?? 22) ? {} : { port }),
        ...(user === undefined || user === known.ssh.user ? {} : { user }),
      },
    ];
  });
  problems.push(
    ...repeated("name", entries, ({ name }) => name),
    ...repeated("address", entries, ({ address }) => address),
  );
  if (problems.length > 0) {
    const lines = problems.map((text) => `  ${text}\n`).join("");
    throw new UserError(`Nothing was imported. What can't be decided:\n${lines.trimEnd()}`);
  }
  if (entries.length === 0) {
    throw new UserError(
      "Nothing was imported: no host has a role. Name groups (--group web=worker:web) or hosts (--role web-1=worker:web). " +
        `Groups there: ${[...allGroups].join(", ") || "none"}. Hosts: ${[...there].join(", ") || "none"}.`,
    );
  }
  return { entries, left };
}

type Told = Pick<Entry, "role" | "pool">;

function roleOf(
  host: FoundHost,
  { groups, roles }: { readonly groups: Map<string, string>; readonly roles: Map<string, string> },
  problem: (text: string) => void,
): Told | "none" | undefined {
  const own = roles.get(host.name);
  const named = host.groups.flatMap((group) => {
    const value = groups.get(group) ?? (groups.has(group) ? undefined : GROUPS[group]);
    return value === undefined || value.startsWith("zone:") ? [] : [{ group, value }];
  });
  // A group that the command line names is meant to be more exact than one that is only called like a role.
  const said = named.filter(({ group }) => groups.has(group));
  const of = own === undefined ? (said.length > 0 ? said : named) : [{ group: "", value: own }];
  const values = [...new Set(of.map(({ value }) => value))];
  const [value] = values;
  if (value === undefined) return "none";
  if (values.length > 1) {
    problem(
      `it is in groups of several roles (${of.map(({ group, value: role }) => `${group}: ${role}`).join(", ")}). ` +
        `Say which: --role ${host.name}=${value}`,
    );
    return undefined;
  }
  const [role, pool, more] = value.split(":");
  if (more !== undefined || !isRole(role) || (pool !== undefined && role !== "worker") || pool === "") {
    problem(
      `${value} is no role. Allowed: manager, registry, worker, worker:<pool>. Set it: --role ${host.name}=worker`,
    );
    return undefined;
  }
  return { role, ...(pool === undefined ? {} : { pool }) };
}

function isRole(text: string | undefined): text is Role {
  return ROLES.some((role) => role === text);
}

function zoneOf(
  host: FoundHost,
  { groups, zones }: { readonly groups: Map<string, string>; readonly zones: Map<string, string> },
  known: readonly string[],
  problem: (text: string) => void,
): string | undefined {
  const ofGroups = host.groups.flatMap((group) => {
    const said = groups.get(group);
    if (said?.startsWith("zone:") === true) return [said.slice("zone:".length)];
    return known.includes(group) || known.includes(group.replaceAll("_", "-"))
      ? [known.includes(group) ? group : group.replaceAll("_", "-")]
      : [];
  });
  const own = zones.get(host.name) ?? textOf(host, ["swarm_ha_zone", "zone"], problem);
  const found = own === undefined ? [...new Set(ofGroups)] : [own];
  const [zone = known.length === 1 ? known[0] : undefined] = found;
  if (found.length > 1 || zone === undefined) {
    const why = found.length > 1 ? `it is in groups of several zones (${found.join(", ")})` : "its zone is unknown";
    problem(
      `${why}. Say which: --zone ${host.name}=${known[0] ?? "<zone>"}, or name a group: --group <group>=zone:<zone>`,
    );
    return undefined;
  }
  if (known.length > 0 && !known.includes(zone)) {
    problem(
      `the zone ${zone} isn't in swarm-ha:zones (${known.join(", ")}). Set another one: --zone ${host.name}=<zone>`,
    );
    return undefined;
  }
  return zone;
}

function shortName(name: string, problem: (text: string) => void): string | undefined {
  // Hosts are known by their host names, which have no domain.
  const short = (IPV4.test(name) ? name : (name.split(".")[0] ?? "")).toLowerCase();
  if (NAME.test(short)) return short;
  problem(
    `${short} can't be a host name (letters, digits and hyphens). Name it as the host names itself (hostname), with its address in ansible_host`,
  );
  return undefined;
}

function addressOf(host: FoundHost, problem: (text: string) => void): string | undefined {
  const address = textOf(host, ["ansible_host", "ansible_ssh_host"], problem) ?? host.name;
  const parts = IPV4.exec(address)?.slice(1).map(Number);
  if (parts?.every((part) => part < 256) === true) return address;
  problem(
    `its address is ${address === host.name ? "not in the file" : address}, and the swarm needs an IPv4 address. ` +
      "Set ansible_host (HostName) in that file; files in group_vars and host_vars aren't read",
  );
  return undefined;
}

function portOf(host: FoundHost, problem: (text: string) => void): number | undefined {
  const text = textOf(host, ["ansible_port", "ansible_ssh_port"], problem);
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  problem(`its port is ${text}, which is none. Set ansible_port (Port) in that file`);
  return undefined;
}

function textOf(host: FoundHost, names: readonly string[], problem: (text: string) => void): string | undefined {
  for (const name of names) {
    const value = host.variables[name];
    if (value === undefined || value === "") continue;
    if (!value.includes("{{")) return value;
    problem(`${name} is a template (${value}), which only Ansible can fill in. Write the value into that file`);
    return undefined;
  }
  return undefined;
}

function repeated(what: string, entries: readonly Entry[], of: (entry: Entry) => string): string[] {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return [...counts].flatMap(([value, count]) =>
    count > 1
      ? [`${String(count)} hosts have the ${what} ${value}. Each needs one of its own: change it in that file`]
      : [],
  );
}

/** The entries put into an inventory that is there already: hosts of the same name keep what the import doesn't know. */
export function merged(
  existing: readonly Readonly<Record<string, unknown>>[],
  entries: readonly Entry[],
): Readonly<Record<string, unknown>>[] {
  const fresh = new Map(entries.map((entry) => [entry.name, entry]));
  const kept = existing.map((one) => ({ ...one, ...fresh.get(String(one["name"])) }));
  const known = new Set(existing.map(({ name }) => name));
  return [...kept, ...entries.filter(({ name }) => !known.has(name)).map((entry) => ({ ...entry }))];
}
