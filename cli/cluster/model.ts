import type { DesiredNode } from "../../components/outputs";
import type { LoadBalancerName, Role } from "../../plan/roles";
import type { IngressFinding, LiveApplications } from "./applications/model";
import type { AllFacts } from "./host-facts";

/** What a certificate is for: it answers TLS connections, opens them, or signs the others. */
export type CertificateUse = "server" | "client" | "authority";

/** A certificate as it was found. */
export interface LiveCertificate {
  /** The host that serves it; `bastion`, `person`, `authority` and the like for those that stand in the stack's outputs. */
  readonly owner: string;
  readonly use: CertificateUse;
  /** From then on it is refused. */
  readonly notAfter: Date;
  /** Why clients refuse it, besides its end. @default nothing else is wrong with it */
  readonly refused?: string;
  /** Whether the user has brought it along, so that no `up` renews it. @default false */
  readonly brought?: boolean;
  /** How long it lives from its first day on, in days, where an ACME authority decides that. @default the stack does */
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
  /** What others than root may still use. */
  readonly freeKib: number;
  /** Of a hundred files that it can hold, how many are free. @default it has no such limit */
  readonly freeFiles?: number;
}

/** A host that couldn't say how full its disks are, and what was seen last. */
export interface UnreadDisks {
  readonly host: string;
  readonly reason: string;
}

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
  /** Names of the services that define its ping's route. */
  readonly ping: readonly string[];
  readonly replicas: Replicas;
}

/** The services as the scheduler has them. */
export interface LiveTasks {
  readonly services: readonly {
    readonly name: string;
    /** Placement constraints. */
    readonly constraints: readonly string[];
    /** Tasks that have no node: since when, RFC 3339, and why not, in the scheduler's words. */
    readonly waiting: readonly { readonly since: string; readonly reason: string }[];
  }[];
}

/** The registry as the swarm has it. */
export interface LiveRegistry {
  /** Whether it refuses pushes. */
  readonly readOnly: boolean;
  readonly replicas: Replicas;
}

/** One line of the status: a host that is wanted, or a node that nobody wants. */
export interface NodeStatus {
  /** Host name, which is the node's name in the swarm. */
  readonly name: string;
  readonly role: Role;
  /** Failure zone; empty when nothing says it. */
  readonly zone: string;
  /** Whether the stack wants it. Of a name's several nodes at most one is wanted. */
  readonly desired: boolean;
  /** Node id; empty when the swarm has no such node, or can't be asked. */
  readonly nodeId: string;
  /** As `docker node ls` says it: `Ready`, `Down`, `Unknown` or `Disconnected`; `Missing` when the swarm has no such node. */
  readonly status: string;
  /** `Active`, `Pause` or `Drain`; empty when unknown. */
  readonly availability: string;
  /** `Leader`, `Reachable` or `Unreachable`; empty for a worker. */
  readonly managerStatus: string;
  /** The machine that the node was set up on: node label `swarm-ha.identity`; empty when it has none. */
  readonly identity: string;
}

/** One load balancer's members. */
export interface LoadBalancerStatus {
  /** Where its users find it. */
  readonly url: string;
  /** Hosts that get connections. */
  readonly healthy: string[];
  /** Hosts that should, and don't. */
  readonly unhealthy: string[];
  /** Hosts of which it can't be told. */
  readonly unknown: string[];
  /** Why it can't. @default it can */
  readonly reason?: string;
}

/** One certificate of the stack. */
export interface CertificateStatus {
  /** The host that serves it; `bastion` and `person` for clients' certificates, `authority` for what signs them all. */
  readonly owner: string;
  readonly use: CertificateUse;
  /** From then on it is refused: RFC 3339. */
  readonly notAfter: string;
  /** Whole days until then; negative after it. */
  readonly daysLeft: number;
}

/** What `status --json` prints. */
export interface ClusterStatus {
  readonly healthy: boolean;
  /** Cluster id as the managers say it; the recorded one when none can be asked. */
  readonly swarmId: string;
  readonly nodes: NodeStatus[];
  readonly loadBalancers: Partial<Record<LoadBalancerName, LoadBalancerStatus>>;
  /** The first to end first. Of hosts that serve one at this moment, and of clients. */
  readonly certificates: CertificateStatus[];
  /** What applications' labels, networks and ports do to each other, the ingress and the platform. */
  readonly ingress: readonly IngressFinding[];
  /** Filesystems of the hosts. @default nobody has asked them */
  readonly disks?: readonly LiveDisk[];
  /** In words, the worst first; each says what is wrong, where, and the command that mends it. */
  readonly problems: string[];
}

/** Sorts of problems, the worst first. */
export const PROBLEM_KINDS = [
  /** No manager can say who is in the swarm. */
  "unreachable",
  /** There is more than one swarm. */
  "swarm",
  "leader",
  /** The last `up` ended before its end. */
  "unfinished",
  /** A machine or the network that the platform hasn't as the state has it: gone, stopped, paused. */
  "machine",
  "bastion",
  /** A manager that doesn't count: not Ready, or not Reachable, or not there. */
  "manager",
  /** How many managers may still be lost. */
  "quorum",
  /** A registry node or worker that isn't Ready. */
  "node",
  /** A node on another machine than the one that the stack knows. */
  "identity",
  /** A node that nobody wants. */
  "stale-node",
  /** A container that the state doesn't know. */
  "unmanaged",
  /** A manager that counts, and whose API doesn't answer. */
  "api",
  /** A certificate that has ended. */
  "certificate",
  /** A disk that is nearly full. */
  "disk",
  "role",
  "availability",
  "labels",
  "loadBalancer",
  /** A service of the stack's own that is gone. */
  "service",
  /** A registry host without a replica, or a registry that refuses pushes. */
  "registry",
  /** A worker without a replica of the ingress, or a ping that can't answer. */
  "ingress",
  /** An application that isn't served as it asks for, or harms another one. No reason to stop a repair or a replacement. */
  "application",
  /** A certificate that is due, and that no `up` has issued anew. */
  "renewal",
  /** A certificate that couldn't be read, or a host's disks. */
  "unread",
] as const;

/** See {@link PROBLEM_KINDS}. */
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** Something that keeps the cluster from being healthy. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Hosts that it is about; empty when it is about the cluster. */
  readonly hosts: readonly string[];
  /** For people. */
  readonly text: string;
  /** Whether only people can mend it, and no `up`. @default false */
  readonly byHand?: boolean;
  /** For a stale node: its node id. */
  readonly nodeId?: string;
  /** URN of the step that mends it when it is done again. @default none is known to */
  readonly redo?: string;
}

/** A stack of services, as the step that deploys it has it in the state. */
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
  /** Cluster id, recorded at birth. */
  readonly swarmId: string;
  readonly nodes: readonly DesiredNode[];
  /** URL of every load balancer. */
  readonly loadBalancers: Readonly<Partial<Record<LoadBalancerName, { readonly url: string } | undefined>>>;
  /** Hosts that the state has and the outputs don't, or the other way round: traces of an `up` that didn't end. */
  readonly unfinished?: readonly string[];
  /** The services of the stack's own. @default none are known */
  readonly services?: readonly DesiredServices[];
  /** How long before its end a certificate is due, in days. */
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
  /** What the swarm says about that state, for example "heartbeat failure"; mostly empty. */
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly engineLabels: Readonly<Record<string, string>>;
  readonly leader: boolean;
  /** `reachable`, `unreachable`, `unknown`; empty for a worker. */
  readonly reachability: string;
  /** When the swarm last changed what it knows of the node, RFC 3339. */
  readonly updatedAt: string;
}

/** What one manager said when it was asked directly. */
export type ManagerAnswer =
  | {
      readonly name: string;
      readonly answered: true;
      /** Its engine's swarm state: `active`, `inactive`, `pending`, `error` or `locked`. */
      readonly localState: string;
      /** Cluster id; empty when it knows none. */
      readonly swarmId: string;
      /** All nodes, or why it couldn't list them. */
      readonly nodes: readonly LiveNode[] | { readonly error: string };
    }
  | {
      readonly name: string;
      readonly answered: false;
      /** What was last seen of it. */
      readonly seen: string;
    };

/** A member of a load balancer as that has it. */
export interface LiveMember {
  readonly name: string;
  readonly up: boolean;
  /** What its health check says. */
  readonly check: string;
  /** Since how many seconds. @default the load balancer doesn't tell */
  readonly seconds?: number;
}

/** Machines that aren't as the state has them. */
export interface LiveMachines {
  /** Their names; empty for what they have in common, such as their network. */
  readonly hosts: readonly string[];
  /** What is wrong, in words. */
  readonly text: string;
}

/** What was found. */
export interface Live {
  /** When, for the ages in messages. */
  readonly now: Date;
  /** Why the bastion can't be reached. @default it can */
  readonly bastionError?: string;
  /** One answer per manager that could be asked by itself; through a load balancer there is one answer of a manager unknown. */
  readonly answers: readonly ManagerAnswer[];
  /** Members, or why they can't be told: something failed, or the platform's own offer no table that could be read. */
  readonly loadBalancers: Partial<
    Record<LoadBalancerName, readonly LiveMember[] | { readonly error: string } | { readonly untold: string }>
  >;
  readonly certificates: readonly LiveCertificate[];
  /** Hosts whose certificates couldn't be read. @default none */
  readonly unreadCertificates?: readonly UnreadCertificate[];
  /** The registry, or why it can't be told. @default the stack has none, or no manager answered */
  readonly registry?: LiveRegistry | { readonly error: string };
  /** Likewise, the services. @default no manager answered */
  readonly tasks?: LiveTasks | { readonly error: string };
  /** Likewise, the ingress. */
  readonly ingress?: LiveIngress | { readonly error: string };
  /** Likewise, all services of the swarm. */
  readonly applications?: LiveApplications | { readonly error: string };
  /** Filesystems of the hosts. @default nobody has asked them */
  readonly disks?: readonly LiveDisk[];
  /** Hosts whose disks couldn't be read. @default none */
  readonly unreadDisks?: readonly UnreadDisks[];
  /** Names of all services. @default no manager could be asked */
  readonly services?: readonly string[] | { readonly error: string };
  /** Names of containers that the state doesn't know. @default none, or nobody has looked for them */
  readonly unmanaged?: readonly string[];
  /** What the platform hasn't as the state has it. @default nothing, or the platform can't tell */
  readonly machines?: readonly LiveMachines[];
  /** What hosts report of themselves. @default nobody asked them */
  readonly hosts?: AllFacts;
}
