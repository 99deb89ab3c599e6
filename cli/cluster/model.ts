import type { DesiredNode } from "../../components/outputs";
import type { LoadBalancerName, Role } from "../../plan/roles";
import type { IngressFinding, LiveApplications } from "./applications/model";
import type { AllFacts } from "./host-facts";

/** What a certificate is for: it answers TLS connections, opens them, or signs the others. */
export type CertificateUse = "server" | "client" | "authority";

/** A certificate as it was found. */
export interface LiveCertificate {
  /** The host that serves it; `bastion`, `person`, `authority` and the like for those in the stack's outputs. */
  readonly owner: string;
  readonly use: CertificateUse;
  /** Its expiry. */
  readonly notAfter: Date;
  /** Of an authority: whether another one is trusted beside it, because a rotation isn't finished. @default false */
  readonly rotating?: boolean;
  /** Why clients refuse it, expiry apart. @default they don't */
  readonly refused?: string;
  /** Whether it is the user's own, which no `up` renews. @default false */
  readonly brought?: boolean;
  /** Its validity in days, where an ACME authority decides it. @default the stack decides */
  readonly acmeDays?: number;
}

/** A filesystem of a host that something of the cluster is kept on. */
export interface LiveDisk {
  readonly host: string;
  /** Docker's own data (images, containers, a manager's Raft log), or the registry's storage. */
  readonly what: "docker" | "registry";
  /** Where it is mounted. */
  readonly mount: string;
  readonly sizeKib: number;
  readonly usedKib: number;
  /** Free for others than root. */
  readonly freeKib: number;
  /** Percentage of its inodes that is free. @default it has no such limit */
  readonly freeFiles?: number;
}

/** A host whose disks couldn't be read, and what was seen last. */
export interface UnreadDisks {
  readonly host: string;
  readonly reason: string;
}

/** A host of load balancers that can't carry the traffic: services that don't run there, or why it couldn't be asked. */
export type IdleBalancer =
  { readonly host: string; readonly stopped: readonly string[] } | { readonly host: string; readonly seen: string };

/** A host that should serve a certificate, and why none could be read. */
export interface UnreadCertificate {
  readonly host: string;
  /** What was seen last. */
  readonly reason: string;
}

/** The replicas that there are to be, by node id. */
export type Replicas = Readonly<Record<string, { readonly state: string; readonly error: string }>>;

/** The ingress as the swarm has it. */
export interface LiveIngress {
  /** Names of the services that define the route of its `/ping`. */
  readonly ping: readonly string[];
  readonly replicas: Replicas;
}

/** The services as the scheduler has them. */
export interface LiveTasks {
  readonly services: readonly {
    readonly name: string;
    /** Placement constraints. */
    readonly constraints: readonly string[];
    /** Tasks without a node: since when, RFC 3339, and the scheduler's reason. */
    readonly waiting: readonly { readonly since: string; readonly reason: string }[];
  }[];
}

/** The swarm's own settings. */
export interface LiveSettings {
  /** Validity of its nodes' certificates, in hours. */
  readonly certificateExpiry: number;
  /** Whether managers are locked after each start of their Docker engines. */
  readonly autolock: boolean;
  /** Digest of the key that unlocks them. @default autolock is off */
  readonly unlockKey?: string;
  /** The CA outside of the swarm that signs them. @default the swarm signs by itself */
  readonly externalCa?: LiveExternalCa;
}

/** An external CA of the swarm. */
export interface LiveExternalCa {
  readonly urls: readonly string[];
  /** SHA-256 digest of its certificate, as OpenSSL writes it: `AB:CD:…`; empty where it has none. */
  readonly root: string;
  /** That certificate, PEM; where it has none, the swarm's root, which the Docker engine takes then. @default unknown */
  readonly pem?: string;
}

/** A URL of the external CA that a manager gets no answer from. */
export interface SilentCa {
  readonly host: string;
  readonly url: string;
  /** What was seen last. */
  readonly seen: string;
}

/** A manager that couldn't be asked for the external CA. */
export interface UnaskedCa {
  readonly host: string;
  readonly reason: string;
}

/** Those that the stack wants, and URN of the step that sets them. */
export interface DesiredSettings extends Omit<LiveSettings, "autolock"> {
  readonly step: string;
  /** @default the configuration leaves it as it is */
  readonly autolock?: boolean;
}

/** The registry as the swarm has it. */
export interface LiveRegistry {
  /** Whether it refuses pushes. */
  readonly readOnly: boolean;
  readonly replicas: Replicas;
}

/** One line of the status: a wanted host, or a stale node. */
export interface NodeStatus {
  /** Host name, which is the node's name in the swarm. */
  readonly name: string;
  readonly role: Role;
  /** Failure zone; empty when unknown. */
  readonly zone: string;
  /** Whether the stack wants it. Of several nodes of one name, at most one is wanted. */
  readonly desired: boolean;
  /** Node id; empty when the swarm has no such node, or can't be asked. */
  readonly nodeId: string;
  /** As in `docker node ls`: `Ready`, `Down`, `Unknown` or `Disconnected`; `Missing` when the swarm has no such node. */
  readonly status: string;
  /** `Active`, `Pause` or `Drain`; empty when unknown. */
  readonly availability: string;
  /** `Leader`, `Reachable` or `Unreachable`; empty for a worker. */
  readonly managerStatus: string;
  /** Identity of the host that the node was set up on: node label `swarm-ha.identity`; empty when it has none. */
  readonly identity: string;
}

/** One load balancer's members. */
export interface LoadBalancerStatus {
  /** Its URL for users. */
  readonly url: string;
  /** Hosts that get connections. */
  readonly healthy: string[];
  /** Hosts that should get connections, but don't. */
  readonly unhealthy: string[];
  /** Hosts whose health is unknown. */
  readonly unknown: string[];
  /** Why it is unknown. @default it is known */
  readonly reason?: string;
}

/** One certificate of the stack. */
export interface CertificateStatus {
  /** The host that serves it; `bastion` and `person` for clients' certificates, `authority` for what signs them all. */
  readonly owner: string;
  readonly use: CertificateUse;
  /** Its expiry, RFC 3339. */
  readonly notAfter: string;
  /** Whole days until then; negative after it. */
  readonly daysLeft: number;
}

/** What `status --json` prints. */
export interface ClusterStatus {
  readonly healthy: boolean;
  /** Cluster id by the managers; the recorded one when none can be asked. */
  readonly swarmId: string;
  readonly nodes: NodeStatus[];
  readonly loadBalancers: Partial<Record<LoadBalancerName, LoadBalancerStatus>>;
  /** The first to expire first: those that hosts serve now, and clients'. */
  readonly certificates: CertificateStatus[];
  /** Faults in applications' labels, networks and ports. */
  readonly ingress: readonly IngressFinding[];
  /** Version of each wanted host's Docker engine, by host name, as its node reported it last. */
  readonly engines: Readonly<Record<string, string>>;
  /** Filesystems of the hosts. @default they weren't asked */
  readonly disks?: readonly LiveDisk[];
  /** The worst first; each with the host, what was seen, and the command that helps. */
  readonly problems: string[];
}

/** Kinds of problems, the worst first. */
export const PROBLEM_KINDS = [
  /** A manager that waits for the unlock key. */
  "locked",
  /** No manager can list the nodes. */
  "unreachable",
  /** There is more than one swarm. */
  "swarm",
  "leader",
  /** The last `up` didn't finish. */
  "unfinished",
  /** A host or the network isn't as the state has it: gone, stopped, paused. */
  "host",
  "bastion",
  /** A manager that doesn't count: not Ready, not Reachable, or missing. */
  "manager",
  /** How many managers may still be lost. */
  "quorum",
  /** A registry node or worker that isn't Ready. */
  "node",
  /** A node of another host than the one in the state. */
  "identity",
  /** A node that the stack doesn't want. */
  "stale-node",
  /** A container of the stack that isn't in the state. */
  "unmanaged",
  /** A manager that counts, but whose API doesn't answer. */
  "api",
  /** A certificate that has expired, or that clients refuse. */
  "certificate",
  /** Two certificate authorities are trusted: a rotation isn't finished. It stops no repair and no replacement, which it may need. */
  "rotation",
  /** An external CA of the swarm that doesn't answer. */
  "externalCa",
  /** A disk that is nearly full. */
  "disk",
  "role",
  "availability",
  "labels",
  /** A setting of the swarm's that isn't as configured. */
  "settings",
  "loadBalancer",
  /** One of the stack's own services that is gone. */
  "service",
  /** A registry host without a replica, or a registry that refuses pushes. */
  "registry",
  /** A worker without a replica of the ingress, or a broken `/ping`. */
  "ingress",
  /** An application that isn't served as configured, or that harms another one. It doesn't stop a repair or a replacement. */
  "application",
  /** A certificate that is due. */
  "renewal",
  /** A certificate or a host's disks that couldn't be read. */
  "unread",
] as const;

/** See {@link PROBLEM_KINDS}. */
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** Why the cluster isn't healthy. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Hosts that it is about; empty when it is about the cluster. */
  readonly hosts: readonly string[];
  /** What `status` prints. */
  readonly text: string;
  /** Whether no `up` fixes it, only a person. @default false */
  readonly byHand?: boolean;
  /** For a stale node: its node id. */
  readonly nodeId?: string;
  /** URN of the step to run again, which fixes it. @default none does */
  readonly redo?: string;
}

/** A stack of services, by the step that deploys it. */
export interface DesiredServices {
  /** URN of that step. */
  readonly step: string;
  /** Names of its services. */
  readonly names: readonly string[];
}

/** What the stack wants. */
export interface Desired {
  /** Stack name, for the commands in messages. */
  readonly stack: string;
  /** Cluster id, recorded at bootstrap. */
  readonly swarmId: string;
  readonly nodes: readonly DesiredNode[];
  /** URL of every load balancer. */
  readonly loadBalancers: Readonly<Partial<Record<LoadBalancerName, { readonly url: string } | undefined>>>;
  /** Hosts in the state but not in the outputs, or the other way round: an `up` didn't finish. */
  readonly unfinished?: readonly string[];
  /** The services of the stack's own. @default none are known */
  readonly services?: readonly DesiredServices[];
  /** The swarm's own settings. @default none are known */
  readonly settings?: DesiredSettings;
  /** How long before its expiry a certificate is due, in days. */
  readonly renewalDays: number;
  /** Domain of the stack: applications answer below `app.<domain>`. @default it has no application load balancer */
  readonly domain?: string;
}

/** A node as the swarm has it. */
export interface LiveNode {
  readonly id: string;
  readonly hostname: string;
  readonly role: "manager" | "worker";
  /** `active`, `pause` or `drain`. */
  readonly availability: string;
  /** `ready`, `down`, `unknown` or `disconnected`. */
  readonly state: string;
  /** The swarm's reason for that state, such as "heartbeat failure"; mostly empty. */
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly engineLabels: Readonly<Record<string, string>>;
  /** Version of its Docker engine, as it was reported last: `26.1.5+dfsg1`; empty when it never was. */
  readonly engine: string;
  readonly leader: boolean;
  /** `reachable`, `unreachable`, `unknown`; empty for a worker. */
  readonly reachability: string;
  /** When the swarm last changed the node's record, RFC 3339. */
  readonly updatedAt: string;
}

/** One manager's answer, asked directly. */
export type ManagerAnswer =
  | {
      readonly name: string;
      readonly answered: true;
      /** Its Docker engine's swarm state: `active`, `inactive`, `pending`, `error` or `locked`. */
      readonly localState: string;
      /** Cluster id; empty when it has none. */
      readonly swarmId: string;
      /** When a new cluster was last formed after a lost majority, RFC 3339. @default never */
      readonly recovered?: string;
      /** All nodes, or why it couldn't list them. */
      readonly nodes: readonly LiveNode[] | { readonly error: string };
    }
  | {
      readonly name: string;
      readonly answered: false;
      /** What was seen last. */
      readonly seen: string;
    };

/** A member, as the load balancer lists it. */
export interface LiveMember {
  readonly name: string;
  readonly up: boolean;
  /** The result of its health check. */
  readonly check: string;
  /** Seconds since its last change. @default unknown */
  readonly seconds?: number;
}

/** A difference between the platform and the state. */
export interface PlatformDifference {
  /** Names of the hosts; empty for what they share, such as their network. */
  readonly hosts: readonly string[];
  /** What is wrong. */
  readonly text: string;
}

/** What was observed. */
export interface Live {
  /** When, for ages in messages. */
  readonly now: Date;
  /** Why the bastion can't be reached. @default it can */
  readonly bastionError?: string;
  /** One answer per manager; through the load balancer, one answer of an unknown manager. */
  readonly answers: readonly ManagerAnswer[];
  /** Members, or why they are unknown: an error, or a load balancer that has no table to read. */
  readonly loadBalancers: Partial<
    Record<LoadBalancerName, readonly LiveMember[] | { readonly error: string } | { readonly unknown: string }>
  >;
  readonly certificates: readonly LiveCertificate[];
  /** Hosts whose certificates couldn't be read. @default none */
  readonly unreadCertificates?: readonly UnreadCertificate[];
  /** The registry, or why it is unknown. @default the stack has none, or no manager answered */
  readonly registry?: LiveRegistry | { readonly error: string };
  /** Likewise, the swarm's settings. @default no manager answered */
  readonly settings?: LiveSettings | { readonly error: string };
  /** Likewise, the services. @default no manager answered */
  readonly tasks?: LiveTasks | { readonly error: string };
  /** Likewise, the ingress. */
  readonly ingress?: LiveIngress | { readonly error: string };
  /** Likewise, all services of the swarm. */
  readonly applications?: LiveApplications | { readonly error: string };
  /** Filesystems of the hosts. @default they weren't asked */
  readonly disks?: readonly LiveDisk[];
  /** Hosts whose disks couldn't be read. @default none */
  readonly unreadDisks?: readonly UnreadDisks[];
  /** Hosts of load balancers that can't carry the traffic. @default none, or they weren't asked */
  readonly idleBalancers?: readonly IdleBalancer[];
  /** URLs of the external CA that managers get no answer from. @default none, or they weren't asked */
  readonly silentCa?: readonly SilentCa[];
  /** Managers that couldn't be asked for the external CA. @default none */
  readonly unaskedCa?: readonly UnaskedCa[];
  /** Names of all services. @default no manager could be asked */
  readonly services?: readonly string[] | { readonly error: string };
  /** Names of unmanaged containers. @default none, or they weren't looked for */
  readonly unmanaged?: readonly string[];
  /** Differences between platform and state. @default none, or the platform can't list them */
  readonly differences?: readonly PlatformDifference[];
  /** Hosts' own reports. @default they weren't asked */
  readonly hosts?: AllFacts;
}
