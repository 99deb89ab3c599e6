/** The jump host of a file of OpenSSH, which is the bastion here. Source: ProxyJump in ssh_config(5). Pure. */
import { list } from "../cluster/words";
import { UserError } from "../terminal/errors";
import type { FoundHost } from "./found";

/** What the stack file gets as its bastion. */
export interface Jump {
  /** Its name in the file. */
  readonly name: string;
  readonly bastion: { readonly address: string; readonly port?: number; readonly user?: string };
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * The jump host that all imported hosts have in common.
 *
 * @param imported names of the imported hosts, as the file has them
 * @returns undefined where there is none, or where it is an imported host itself, which needs no entry as bastion
 * @throws UserError when the hosts have several ways, or the jump host has no address in the file
 */
export function jumpOf(found: readonly FoundHost[], imported: readonly string[]): Jump | undefined {
  const hosts = found.filter(({ name }) => imported.includes(name));
  const ways = new Map<string, string[]>();
  for (const { name, through = "" } of hosts) ways.set(through, [...(ways.get(through) ?? []), name]);
  const [way = ""] = [...ways.keys()].filter((through) => through !== "");
  if (way === "") return undefined;
  const remedy =
    "A stack has one bastion, from which all hosts are reached. Remove ProxyJump from that file, and write swarm-ha:hosts.bastion";
  const refuse = (why: string): UserError => new UserError(`Nothing was imported: ${why}. ${remedy}.`);
  const [, user, name = "", port] = /^(?:ssh:\/\/)?(?:([^@,]+)@)?([^@:,/]+)(?::(\d+))?$/.exec(way) ?? [];
  if (name === "")
    throw refuse(`ProxyJump of ${list(ways.get(way) ?? [])} is ${way}, and only one jump host on the way can be used`);
  const direct = (ways.get("") ?? []).filter((host) => host !== name);
  const others = [...ways].filter(([through]) => through !== "" && through !== way);
  if (direct.length > 0 || others.length > 0) {
    const each = [
      `${list(ways.get(way) ?? [])} through ${way}`,
      ...others.map(([through, names]) => `${list(names)} through ${through}`),
      ...(direct.length > 0 ? [`${list(direct)} directly`] : []),
    ];
    throw refuse(`the hosts are reached in several ways (${each.join("; ")})`);
  }
  if (imported.includes(name)) return undefined;
  const own = found.find((host) => host.name === name);
  const { ansible_host: at, ansible_port: ownPort, ansible_user: ownUser } = own?.variables ?? {};
  const address = at ?? name;
  if (!IPV4.test(address)) throw refuse(`the jump host ${name} has no IPv4 address in that file (HostName)`);
  const [number, login] = [port ?? ownPort, user ?? ownUser];
  return {
    name,
    bastion: {
      address,
      ...(number === undefined ? {} : { port: Number(number) }),
      ...(login === undefined ? {} : { user: login }),
    },
  };
}
