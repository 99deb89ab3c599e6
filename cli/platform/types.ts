/** The interface between the commands and the platforms: `cli/platform/<name>` implements it. */
import type Docker from "dockerode";
import type { Login } from "../../plan/login";
import type { LoadBalancerName } from "../../plan/roles";
import type { StackConfig } from "../../config";
import type { IngressRule } from "../../policy/ingress-rules";
import type { Planned } from "../../policy/planned";
import type { Deployment } from "../cluster/deployment";
import type { ScriptEnd } from "../../components/ssh/client";
import type { PlatformDifference, LiveMember } from "../cluster/model";
import type { Forward } from "../cluster/tunnel/forward";
import type { StackFile } from "../pulumi/project";
import type { State } from "../pulumi/unfinished";

/** Name of a platform: a value of `swarm-ha:platform`. */
export type PlatformName = StackConfig["platform"];

/** Type tokens of a platform's resources, where common code has to tell them apart. */
export interface ResourceTypes {
  /** An EC2 instance, or a container of a local stack. */
  readonly instance: string;
  /** The input of an instance that holds its labels, such as `swarm-ha.role`. */
  readonly labels: string;
  /** The output of an instance that holds its private address. */
  readonly address: string;
  /** Load balancers of a cloud, which are no instances. */
  readonly loadBalancers: readonly string[];
  /** The listeners of such load balancers, one for each port. */
  readonly listeners: readonly string[];
  /** Resources whose content can't be recreated: type token → what is lost with one. */
  readonly data: Readonly<Record<string, string>>;
}

/** What becomes of a host that is replaced, and the words for what the platform lists. */
export interface HostTraits {
  /** Whether the volumes and images on a host outlive its replacement. */
  readonly keepsVolumes: boolean;
  /** Why a host that the platform doesn't list needs repair. */
  readonly missing: string;
  /** Why one that is listed and doesn't run does. */
  readonly stopped: string;
  /** Why one with another id than the state's does. */
  readonly another: string;
}

/**
 * Facts of a platform that need no request: data and pure functions. The policy pack loads it too, so it imports
 * no client of any platform.
 */
export interface CliPlatformFacts {
  /**
   * Whether the stack's state and its secrets' passphrase are files of this workstation. `by default`: they are unless the
   * user has chosen a backend of Pulumi.
   */
  readonly localState: boolean | "by default";
  /** Whether the offline kit has all providers of the platform, so that its `up` does what the official Pulumi does. @default false */
  readonly worksWithKit?: boolean;
  /** Fewest steps that run in parallel, by the number of this workstation's processors. */
  readonly parallelSteps: (processors: number) => number;
  /** Seconds to wait for health after an `up`: until the load balancers have noticed what it changed. */
  readonly noticeSeconds: number;
  /** A shell command that removes everything of a stack whose state is lost. @default there is none */
  readonly removalCommand?: (stack: string) => string;
  readonly types: ResourceTypes;
  /** @default those of containers, which go with their volumes */
  readonly hostTraits?: HostTraits;
  /** Whether `pulumi up` protects the resources in `types.data` unless the stack is a throwaway. */
  readonly protectsData: boolean;
  /** Whether the platform's key in the stack file (`swarm-ha:<name>`) allows data to be deleted with the stack. */
  readonly isThrowaway: (settings: unknown) => boolean;
  /** Whether a review holds the platform's stacks against the rules of the policy pack. */
  readonly hasPolicies: boolean;
  /** What a resource is billed for by the hour or month: type and size of each item. @default nothing */
  readonly billedOf?: (resource: Planned) => readonly string[];
  /** The ingress rules that one resource defines. */
  readonly ingressRulesOf: (resource: Planned) => readonly IngressRule[];
  /** The security groups that a resource's rules belong to: URNs, or ids where the resource has literal ids. */
  readonly groupsOf: (resource: Planned) => readonly string[];
}

/** A run of Pulumi that is about to begin. */
export interface PlannedRun {
  readonly stack: string;
  readonly file: StackFile;
  /** Pulumi's arguments, without the stack: `["up", "--yes"]`. */
  readonly args: readonly string[];
  /** Whether the official Pulumi runs. The offline kit's stand-in for a cloud makes nothing, so no account is asked for it. */
  readonly official: boolean;
  /** What `pulumi stack export` prints; undefined where there is no state, or it can't be read. */
  readonly state: () => Promise<string | undefined>;
  /** The stack's values by key without the namespace, secrets in plain text. @throws UserError when a secret can't be decrypted */
  readonly config: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Members by load balancer, or why they are unknown. */
export type Members = Partial<Record<LoadBalancerName, readonly LiveMember[] | { readonly unknown: string }>>;

/** A resource in the cloud that carries a stack's tag. */
export interface UnmanagedResource {
  /** Its id in the cloud's API, such as an ARN. */
  readonly id: string;
  /** Name in the stack; empty where its tags don't say. */
  readonly name: string;
  /** Why its service couldn't confirm that it still exists. @default it did */
  readonly unconfirmed?: string;
}

/** Tunnels from this workstation to hosts without a public address. */
export interface Tunnels {
  /** The shell command that keeps a tunnel to the bastion open; undefined for a stack that needs none. */
  session(stack: string, file: StackFile): string | undefined;
  /** Ports of this workstation that lead through the bastion to hosts behind internal load balancers. */
  forwards(stack: string, file: StackFile): readonly Forward[];
}

/** What drills and the acceptance test do to a stack behind Pulumi's back. */
export interface Drill {
  /** Whether the stack's data may be deleted with it; undefined where its configuration isn't valid. */
  isThrowaway(stack: string, file: StackFile): boolean | undefined;
  /** @throws UserError when the account has no room for what the file asks for and doesn't have yet */
  checkQuotas(run: PlannedRun): Promise<void>;
  /**
   * Terminates the hosts of one zone, which isn't the bastion's, and waits until they are, or the signal.
   *
   * @returns the zone
   */
  loseZone(stack: string, file: StackFile, signal: AbortSignal): Promise<string>;
}

/** An object of a stack on the Docker engine. */
export interface EngineObject {
  readonly kind: "container" | "volume" | "network";
  readonly name: string;
}

/** A container of a stack, as the Docker engine lists it. */
export interface StackContainer {
  readonly id: string;
  /** Its id in the state: the id of the host's first container. */
  readonly identity: string;
  /** The host's name in the stack; empty for a container without that label. */
  readonly host: string;
  readonly name: string;
  /** `running`, `exited`, `created`, … */
  readonly state: string;
}

/** An instance as the platform lists it: a host, the bastion or a load balancer. */
export interface PlatformInstance {
  /** Name in the stack. */
  readonly name: string;
  /** Its id in the state, which is a host's identity. */
  readonly id: string;
  readonly running: boolean;
  /** Why nothing of it is left on the machine that answers, such as a new installation. @default it is there */
  readonly gone?: string;
}

/** A host that the configuration lists, and how it is logged in to. */
export interface ListedHost {
  readonly name: string;
  /** `hostKey` is empty where the configuration has none yet. */
  readonly login: Login;
  /** Whether it is dialled from this workstation: the bastion. The others are dialled from there. */
  readonly direct: boolean;
  /** The mappings of the stack file that describe it, by path: one or more for a host of load balancers. */
  readonly paths: readonly (readonly (string | number)[])[];
}

/** A platform whose hosts exist already: the configuration lists them, and the program creates and deletes no machine. */
export interface ListedHosts {
  /** Path of the list in the stack file. */
  readonly inventory: readonly string[];
  /** Environment variable of a run that names a file: it gets the names of hosts that were skipped instead of released, one a line. */
  readonly skippedFile: string;
  /**
   * All hosts, each once; the bastion is the first.
   *
   * @param values the stack's configuration by key without the namespace, secrets in plain text
   * @throws UserError that says what is missing
   */
  read(values: Readonly<Record<string, unknown>>): readonly ListedHost[];
  /**
   * Looks at every host of the state, by SSH: which machine answers there. Changes nothing.
   *
   * @param config see {@link PlannedRun.config}
   * @throws UserError when `config` does
   */
  look(stack: string, deployment: Deployment, config: PlannedRun["config"]): Promise<readonly PlatformInstance[]>;
}

/** What a Docker engine still has of a container, whether or not it runs. */
export interface ContainerRecord {
  /** `running`, `paused`, `exited`, …, and since when or why, in words. */
  readonly state: string;
  /** The end of its log: what its first process and its services printed. */
  readonly log: string;
}

/** The result of bringing hosts back. */
export interface BroughtBack {
  /** Whether anything was brought back: the swarm needs time to recover. */
  readonly changed: boolean;
  /** Whether steps were marked to be done again: the next `up` is needed. */
  readonly due: boolean;
  /** A line for each host that couldn't be brought back: its name and why. */
  readonly failures: readonly string[];
  /** Names of hosts that are gone with their data: they have to be replaced. */
  readonly gone: readonly string[];
}

/** The stack's state in Pulumi, for a platform that brings hosts back: `cli/platform` doesn't run Pulumi itself. */
export interface StateAccess {
  /** Removes a killed run's lock, and marks what it left half done. @throws UserError when another run holds the stack */
  readonly heal: (stack: string) => Promise<void>;
  /** Marks steps, chosen from the state by URN, for the next `up`. */
  readonly redo: (stack: string, choose: (state: State) => readonly string[]) => Promise<void>;
  /** The state, secrets in plain text. */
  readonly read: (stack: string) => Promise<Deployment>;
}

/** A platform whose hosts are containers on a Docker engine of this workstation. */
export interface Containers {
  /** Makes sure that the Docker engine, the stack's images and Pulumi are there. @returns the Docker engine's client */
  prepare(stack: string): Promise<Docker>;
  /** Makes sure that the Docker engine alone is there. @returns its client */
  engine(): Promise<Docker>;
  /**
   * Differences between the Docker engine and the state: hosts and their network, and names of unmanaged containers. Changes
   * nothing.
   */
  inspect(stack: string): Promise<{
    /** `kept`: {@link bringBack} fixes it without a loss of data. */
    readonly differences: readonly (PlatformDifference & { readonly kept: boolean })[];
    readonly unmanaged: readonly string[];
    /** Shared volumes that are gone: {@link bringBack} recreates them empty. */
    readonly emptied: readonly string[];
  }>;
  /**
   * Brings back what can be brought back: networks, containers whose data survive, stopped and paused ones.
   *
   * @throws UserError when another run holds the stack, or no manager is left
   */
  bringBack(docker: Docker, stack: string, state: StateAccess): Promise<BroughtBack>;
  /** All instances: hosts, bastion, load balancers. */
  instances(docker: Docker, stack: string): Promise<readonly PlatformInstance[]>;
  /** All containers of the stack, stopped ones too. */
  containers(docker: Docker, stack: string): Promise<readonly StackContainer[]>;
  /**
   * State and log of an instance's container.
   *
   * @param lines most lines of the log
   * @returns undefined when there is none, or the Docker engine doesn't answer
   */
  record(docker: Docker, stack: string, instance: string, lines: number): Promise<ContainerRecord | undefined>;
  /** The error for containers whose state is lost, with the command that removes them. */
  stateLost(stack: string, containers: readonly StackContainer[]): Error;
  /** All objects of a stack on the Docker engine. */
  objects(docker: Docker, stack: string): Promise<readonly EngineObject[]>;
  /** Name of the volume with the stack's backups, which is none of those objects. @returns undefined when there is none */
  backups(docker: Docker, stack: string): Promise<string | undefined>;
  /** Removes objects. One that is gone already is no error. */
  remove(docker: Docker, objects: readonly EngineObject[]): Promise<void>;
  /**
   * Runs a shell command in a host, without its SSH server.
   *
   * @param input its standard input
   * @param limit seconds
   * @returns undefined when the container doesn't run, or doesn't answer
   */
  run(
    docker: Docker,
    stack: string,
    host: string,
    call: { readonly command: string; readonly input: string },
    limit: number,
  ): Promise<ScriptEnd | undefined>;
}

/** One question before a run. */
export interface PreflightCheck {
  /** What is checked, such as `the account's quotas`. */
  readonly what: string;
  /** @throws UserError or Findings with what would make the run fail; NotChecked, or another Error, when it can't be made */
  readonly check: () => Promise<void>;
}

/** How the hosts of a stack get another Docker engine. */
export interface EngineUpgrade {
  /** The wanted version, by the configuration: `28.5.2`. */
  readonly version: string;
  /** The key that names it: `swarm-ha:local.engine`. */
  readonly key: string;
  /** `replace`: by a new host of the wanted image. `in place`: by other packages on the same host. */
  readonly way: "replace" | "in place";
}

/** A platform. It has optional members only where they make sense for it. */
export interface Platform extends CliPlatformFacts {
  /**
   * Checks before a run: the bastion, the way to it, credentials, unmanaged resources, quotas, offerings. Each decides by
   * the run's arguments whether it is needed.
   *
   * @throws UserError that says what would make the run fail
   */
  preflight(run: PlannedRun): Promise<void>;
  /** What `npm run preflight` asks besides, or one by one, so that all problems are named at once. */
  checks(run: PlannedRun): readonly PreflightCheck[];
  /** Additions to the environment of an `up` that replaces hosts, by their names. @default none */
  upEnvironment?(replaced: readonly string[]): Readonly<Record<string, string>>;
  /** Members of load balancers that can't be asked from inside. Never throws. @default they all can */
  members?(deployment: Deployment): Promise<Members>;
  /** Everything that an account still has of a stack, even if the state doesn't have it. */
  unmanaged?(stack: string, file: StackFile): Promise<readonly UnmanagedResource[]>;
  /**
   * How the stack's hosts get the Docker engine that the configuration names.
   *
   * @returns undefined where the configuration isn't valid; `unknown`: why it names no version, and what to do
   */
  engineUpgrade?(stack: string, file: StackFile): EngineUpgrade | { readonly unknown: string } | undefined;
  readonly tunnels?: Tunnels;
  readonly containers?: Containers;
  readonly listed?: ListedHosts;
  readonly drill?: Drill;
}
