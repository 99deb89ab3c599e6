/** How operations read and change a stack's cluster. */
import type Docker from "dockerode";
import { docker as dockerHere } from "../../components/docker";
import { messageOf } from "../../components/message";
import { outputsOf } from "../cluster/deployment";
import type { Spare } from "../../plan/spare";
import { askHosts } from "../cluster/ask-hosts";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import { readPositions, type RaftPositions } from "../cluster/raft";
import { inspectDeep, settle, type DeepLook, type Settling } from "../cluster/inspect";
import { bringBack, containersOf, listedHostsOf, prepareFor } from "../cluster/platform";
import { readStack, readState, up, type LiveStack } from "../cluster/stack";
import { list } from "../cluster/words";
import { factsOf } from "../platform/facts";
import { wholeConfig } from "../pulumi";
import { readStackFile } from "../pulumi/project";
import type { Containers, HostTraits, PlatformInstance } from "../platform/types";
import { UserError } from "../terminal/errors";
import type { Progress } from "../terminal/progress";
import { force, type Forcing } from "./force";
import { askSystems, upgradeInPlace, type AllSystems, type HostToUpgrade } from "./in-place";
import { perform } from "./perform";
import type { RepairStep } from "./plan-repair";
import { acceptAbsence, acceptGaps, withoutRoom } from "./room";
import { lendLabels } from "./surge";

/** What came of bringing back what the platform still has of a stack. */
export interface BroughtBack {
  /** Hosts that could not be brought back: name and reason. */
  readonly failures: readonly string[];
  /** Why the new containers could not be set up. @default they could, or there are none */
  readonly setUp?: string;
}

/** See the top of this file. Tests have one without a cluster. */
export interface Cluster {
  /** The stack's name. */
  readonly stack: string;
  /** Whether the program creates the hosts, so that another machine can take a host's place. @default true */
  readonly createsHosts?: boolean;
  /** See {@link HostTraits}. @default those of containers */
  readonly hostTraits?: HostTraits;
  /** What {@link bringBack} would do, a sentence each. Changes nothing. */
  outstanding(): Promise<readonly string[]>;
  /** Brings back what the platform still has: network, containers, stopped and paused ones; sets up new containers. */
  bringBack(): Promise<BroughtBack>;
  /** Reads the stack's state. */
  read(): Promise<LiveStack>;
  /** All instances that the platform lists. @returns undefined where the platform can't list them */
  instances(): Promise<readonly PlatformInstance[] | undefined>;
  /** Observes the cluster once, and asks the hosts that aren't in service. */
  ask(stack: LiveStack): Promise<DeepLook>;
  /** Observes the cluster until it is good enough, or the time limit ends. */
  wait(title: string, usually: string, stack: LiveStack, settling: Omit<Settling, "note">): Promise<Evaluation>;
  /** Asks these hosts, and all managers, about themselves. */
  facts(stack: LiveStack, hosts: readonly string[]): Promise<AllFacts>;
  /** See {@link withoutRoom}. */
  withoutRoom(stack: LiveStack, nodeIds: readonly string[]): Promise<readonly string[]>;
  /** See {@link acceptGaps}. */
  acceptGaps(stack: LiveStack, hosts: readonly string[]): Promise<void>;
  /** See {@link lendLabels}. */
  lendLabels(stack: LiveStack, from: string, to: readonly string[]): Promise<void>;
  /** Runs `up`, replacing the resources with these URNs. @returns why it failed */
  up(replace: readonly string[], spare?: Spare): Promise<string | undefined>;
  /** Runs an `up` past what fails. @returns why not all of it succeeded */
  upPast(): Promise<string | undefined>;
  /** Does a step of a repair. @returns why it failed */
  repair(step: RepairStep, stack: LiveStack): Promise<string | undefined>;
}

/** What a recovery needs besides. */
export interface RecoverableCluster extends Cluster {
  /** Whether the first `up` didn't finish, so that the state has no outputs yet. */
  isUnfinished(): Promise<boolean>;
  /** Continues an `up` past what fails, which gives the state its outputs. @returns why it failed */
  goOn(): Promise<string | undefined>;
  /** Reads how far the Raft logs of these hosts go. Changes nothing. */
  positions(stack: LiveStack, hosts: readonly string[]): Promise<RaftPositions>;
  /** See {@link force}. @returns why it failed */
  force(forcing: Forcing, stack: LiveStack): Promise<string | undefined>;
}

/** What an upgrade needs besides. */
export interface UpgradableCluster extends Cluster {
  /** See {@link acceptAbsence}. */
  acceptAbsence(stack: LiveStack, hosts: readonly string[]): Promise<void>;
  /** See {@link askSystems}. */
  systems(stack: LiveStack, hosts: readonly string[], version: string): Promise<AllSystems>;
  /** See {@link upgradeInPlace}. */
  upgradeInPlace(stack: LiveStack, hosts: readonly HostToUpgrade[]): Promise<string | undefined>;
}

/** What bringing back would do, a sentence each. Pure. */
export function outstandingText({
  differences,
  unmanaged,
  emptied,
}: Awaited<ReturnType<Containers["inspect"]>>): readonly string[] {
  return [
    ...differences.flatMap(({ kept, text }) => (kept ? `Bringing back: ${text}.` : [])),
    ...emptied.map(
      (volume) => `The volume ${volume} is lost, and is recreated empty: push your images to the registry again.`,
    ),
    ...(unmanaged.length === 0 ? [] : [`Removing unmanaged containers: ${list(unmanaged)}.`]),
  ];
}

/**
 * The cluster of a stack.
 *
 * @param docker the Docker engine of a local stack's hosts, to run scripts in them without SSH @default connected to when it is needed
 */
export function liveCluster(
  stack: string,
  progress: Progress,
  docker?: Docker,
): RecoverableCluster & UpgradableCluster {
  const containers = containersOf(stack);
  const listed = listedHostsOf(stack);
  const hostTraits = factsOf(readStackFile(stack))?.hostTraits;
  return {
    stack,
    ...(hostTraits === undefined ? {} : { hostTraits }),
    ...(listed === undefined ? {} : { createsHosts: false }),
    async outstanding() {
      if (containers === undefined) return [];
      docker = dockerHere();
      const found = await containers.inspect(stack).catch((error: unknown) => {
        throw new UserError(`The Docker engine does not answer (${messageOf(error)}). Start it: npm start -- ${stack}`);
      });
      return outstandingText(found);
    },
    async bringBack() {
      docker = await prepareFor(stack);
      if (docker === undefined) return { failures: [] };
      const { failures, due } = await bringBack(docker, stack);
      if (!due) return { failures };
      const failure = await progress.step("Setting up the new containers", "10 to 60 s", () =>
        // A failure of one host must not stop the set-up of the others.
        up(stack, [], ["--continue-on-error"]),
      );
      return failure === undefined ? { failures } : { failures, setUp: failure };
    },
    async isUnfinished() {
      const { instances, deployment } = await readState(stack);
      return instances.length > 0 && !("access" in outputsOf(deployment));
    },
    goOn: () =>
      progress.step("Continuing the first up past what fails", "1 to 3 min", () =>
        up(stack, [], ["--continue-on-error"]),
      ),
    read: () => readStack(stack),
    instances: async () =>
      listed === undefined
        ? docker && containers?.instances(docker, stack)
        : listed.look(stack, (await readState(stack)).deployment, () => wholeConfig(stack)),
    ask: (live) =>
      progress.step("Asking the hosts that aren't in service", "1 to 10 s", () =>
        inspectDeep(live, docker === undefined ? {} : { docker }),
      ),
    wait: (title, usually, live, settling) =>
      progress.step(title, usually, (note) => settle(live, { ...settling, note })),
    facts: (live, troubled) => askHosts(live, { troubled }),
    positions: (live, hosts) => readPositions(live, hosts, docker),
    force: (forcing, live) => force(forcing, live, docker),
    withoutRoom,
    acceptGaps,
    acceptAbsence,
    systems: (live, hosts, version) =>
      progress.step("Asking the hosts for their packages", "5 to 30 s", () => askSystems(live, hosts, version)),
    upgradeInPlace,
    lendLabels,
    up: (replace, spare) => up(stack, replace, [], spare),
    upPast: () => up(stack, [], ["--continue-on-error"]),
    repair: (step, live) => perform(step, live, docker),
  };
}
