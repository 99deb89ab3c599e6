/** What scripts/host-preflight.sh tells of a host: one line of JSON. It changes nothing, and needs no package of ours. */
import { z } from "zod";

/** See the top of this file. `null` and missing: it couldn't be found out, and nothing is concluded from it. */
export const reportSchema = z.object({
  /** `hostname` (short, without a domain). */
  hostName: z.string(),
  /** /etc/machine-id; empty where there is none. */
  machineId: z.string(),
  /** Of /etc/os-release: `debian`, `13`, `Debian GNU/Linux 13 (trixie)`. */
  os: z.object({ id: z.string(), version: z.string(), name: z.string() }),
  /** `dpkg --print-architecture`, else `uname -m`. */
  architecture: z.string().nullish(),
  /** Whether systemd is PID 1 (/run/systemd/system is there). */
  systemd: z.boolean(),
  /** Kernel features that are there, or whose module can be loaded: overlay, ip_vs, vxlan, br_netfilter, esp4. */
  modules: z.record(z.string(), z.boolean()),
  /** Controllers of cgroups that are there: cpu, memory, pids, … */
  cgroups: z.array(z.string()),
  /** Whether the clock is synchronized, as timedatectl or chrony says. */
  timeSync: z.boolean().nullish(),
  /** The filesystem that /var/lib/docker is, or will be on. KiB. */
  disk: z.object({ path: z.string(), sizeKib: z.number(), freeKib: z.number() }).nullish(),
  /** KiB. */
  memory: z.object({ totalKib: z.number(), availableKib: z.number() }).nullish(),
  /** IPv4 addresses of global scope. `dynamic`: of a DHCP lease; `secondary`: a further one of the same network. */
  addresses: z.array(
    z.object({
      device: z.string(),
      /** With the prefix: `10.0.1.1/24`. */
      address: z.string(),
      dynamic: z.boolean(),
      secondary: z.boolean(),
      mtu: z.number().nullish(),
    }),
  ),
  /** All sockets that listen: `tcp` and `udp`. `process`: name of the program; empty where it isn't known. */
  listening: z.array(
    z.object({ protocol: z.enum(["tcp", "udp"]), address: z.string(), port: z.number(), process: z.string() }),
  ),
  /** The Docker engine that is installed: its package (`docker-ce`, `docker.io`; empty: none of dpkg's) and version. */
  engine: z.object({ package: z.string(), version: z.string() }).nullish(),
  /** `firewall-backend` of daemon.json: `nftables` is refused together with swarm. */
  firewallBackend: z.string().nullish(),
  /** Firewalls that are active: ufw, firewalld, nftables (rules of /etc/nftables.conf). */
  firewalls: z.array(z.string()).nullish(),
  /** `nf_tables` or `legacy`; empty without iptables. */
  iptables: z.string().nullish(),
  /** What the Docker engine says, where it answers. */
  swarm: z
    .object({
      /** `inactive`, `active`, `pending`, `error`, `locked`. */
      state: z.string(),
      nodeId: z.string().nullish(),
      /** Of the cluster; managers alone know it. */
      clusterId: z.string().nullish(),
      /** Whether the node is a manager. */
      manager: z.boolean(),
      /** Nodes of the swarm, as a manager lists them. */
      nodes: z.array(z.object({ hostName: z.string(), role: z.string(), address: z.string().nullish() })).nullish(),
      /** Names of its services, as a manager lists them. */
      services: z.array(z.string()).nullish(),
    })
    .nullish(),
  /** Names of all containers that no service of the swarm has made. */
  containers: z.array(z.string()).nullish(),
  /** /etc/swarm-ha/host: whose host it is. */
  marker: z
    .object({ stack: z.string(), name: z.string(), identity: z.string().nullish(), machineId: z.string().nullish() })
    .nullish(),
  /** Whether something is mounted at the registry's shared folder; only where it is asked for. */
  mounted: z.boolean().nullish(),
  /** Packages of ours that another program holds, or that can't be had: why. Empty: all is well. */
  packages: z.string().nullish(),
});

/** See {@link reportSchema}. */
export type HostReport = z.infer<typeof reportSchema>;
