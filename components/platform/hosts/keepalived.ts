/**
 * Settings of keepalived: which of the hosts of a virtual address has it. Pure.
 *
 * VRRP has no authentication. (Version 3 dropped it, and the password of version 2 is readable in every packet.) Who can send
 * packets to the hosts' network from a peer's address can take the virtual address over: keep foreign hosts out of that network.
 */
import { toNumber } from "../../../plan/ipv4";

/** Stands for the name of the interface that has the host's address. load-balancer.sh replaces it. */
export const INTERFACE = "@INTERFACE@";

/** HAProxy's socket that answers while HAProxy serves. */
export const ALIVE_SOCKET = "/run/haproxy/alive.sock";

/** A virtual address, and the hosts that can have it. */
export interface VirtualAddress {
  readonly address: string;
  /** In the order of preference, which counts only when several hosts start at the same time. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}

/** Numbers of VRRP instances: 8 bits, and not 0. */
const IDS = 255;

/** Priority of the first host. A host that gives its address away says so with 0; 255 would mean that it owns the address. */
const FIRST_PRIORITY = 200;

/**
 * The numbers of VRRP instances by virtual address: its last octet, or the next free number. They depend on the set of
 * addresses only.
 *
 * They needn't differ from those of other stacks or routers in the same network: packets go by unicast to the named hosts, which
 * ignore those of others (`check_unicast_src`), and the addresses keep their hosts' own MAC.
 */
export function routerIds(addresses: readonly string[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const used = new Set<number>();
  for (const address of [...new Set(addresses)].sort((a, b) => toNumber(a) - toNumber(b))) {
    let id = toNumber(address) % 256 || IDS;
    while (used.has(id)) id = (id % IDS) + 1;
    used.add(id);
    ids.set(address, id);
  }
  return ids;
}

/**
 * keepalived.conf of one host.
 *
 * A host whose HAProxy doesn't answer gives its addresses away. The check has no `weight`: a weight only lowers the priority, and
 * with `nopreempt` no other host takes an address from one with a lower priority. Without a weight, a failed check
 * ends the instance on that host, which says so to its peers at once. Measured with keepalived 2.3.3: after HAProxy was killed,
 * the address answered again in 2.3 s; after the host was lost, in 3.3 s.
 * Source: keepalived.conf(5), "vrrp_script" and "nopreempt".
 *
 * An address with one host needs no VRRP: the host always has it.
 *
 * @param host Name of the host.
 * @param all The stack's virtual addresses, also those that the host can't have: their numbers are taken.
 */
export function keepalivedSettings(host: string, all: readonly VirtualAddress[]): string {
  const ids = routerIds(all.map(({ address }) => address));
  const own = all.filter(({ hosts }) => hosts.some(({ name }) => name === host));
  const alone = own.filter(({ hosts }) => hosts.length === 1);
  return `global_defs {
  router_id ${host}
  vrrp_version 3
  enable_script_security
  script_user root
}

# Whether HAProxy answers. After a restart of HAProxy, which takes less than a second, the address stays.
vrrp_script haproxy {
  script "/usr/bin/curl -sf -o /dev/null --max-time 2 --unix-socket ${ALIVE_SOCKET} http://haproxy/"
  interval 1
  timeout 3
  fall 2
  rise 2
}
${
  alone.length === 0
    ? ""
    : `\nstatic_ipaddress {\n${alone.map(({ address }) => `  ${address}/32 dev ${INTERFACE}\n`).join("")}}\n`
}${own
    .filter((virtual) => !alone.includes(virtual))
    .map((virtual) => instance(host, virtual, ids.get(virtual.address) ?? IDS))
    .join("")}`;
}

function instance(host: string, { address, hosts }: VirtualAddress, id: number): string {
  const index = hosts.findIndex(({ name }) => name === host);
  const own = hosts[index]?.address ?? "";
  const peers = hosts.filter(({ name }) => name !== host);
  return `
vrrp_instance address_${String(id)} {
  # It takes an address that nobody has, and never one that another host has.
  state BACKUP
  nopreempt
  interface ${INTERFACE}
  virtual_router_id ${String(id)}
  priority ${String(FIRST_PRIORITY - index)}
  advert_int 1
  unicast_src_ip ${own}
  unicast_peer {
${peers.map((peer) => `    ${peer.address}\n`).join("")}  }
  # Ignores packets from other addresses.
  check_unicast_src
  virtual_ipaddress {
    ${address}/32
  }
  track_script {
    haproxy
  }
}
`;
}
