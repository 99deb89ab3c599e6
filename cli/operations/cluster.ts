/** What operations see of a stack's cluster, and do to it. */
import type Docker from "dockerode";
import { docker as dockerHere } from "../../components/docker";
import { messageOf } from "../../components/message";
import type { Spare } from "../../plan/spare";
import { askHosts } from "../cluster/ask-hosts";
import type { Evaluation } from "../cluster/evaluate";
import type { AllFacts } from "../cluster/host-facts";
import { inspectDeep, settle, type DeepLook, type Settling } from "../cluster/inspect";
import { bringBack, containersOf, prepareFor } from "../cluster/platform";
import { readStack, up, type LiveStack } from "../cluster/stack";
import { list } from "../cluster/words";
import type { Containers } from "../platform/types";
import { UserError } from "../terminal/errors";
import type { Progress } from "../terminal/progress";
import { perform } from "./perform";
import type { MachineState, RepairStep } from "./plan-repair";
import { acceptGaps, withoutRoom } from "./room";
import { lendLabels } from "./surge";

/** What came of bringing back what the platform still has of a stack. */
export interface BroughtBack {
  /** Machines that could not be brought back: name and reason. */
  readonly failures: readonly string[];
  /** Why the new containers could not be set up. @default they could, or there are none */
  readonly setUp?: string;
}

/** See the top of this file. Tests have one without a cluster. */
export interface Cluster {
  /** The stack's name. */
  readonly stack: string;
  /** What {@link bringBack} would do, a sentence each. Changes nothing. */
  outstanding(): Promise<readonly string[]>;
  /** Brings back what the platform still has: network, containers, stopped and paused ones; sets up new containers. */
  bringBack(): Promise<BroughtBack>;
  /** Reads the stack's state. */
  read(): Promise<LiveStack>;
  /** All machines that the platform has. @returns nothing where the platform can't tell */
  machines(): Promise<readonly MachineState[] | undefined>;
  /** Looks once, and asks the hosts that aren't in service. */
  ask(stack: LiveStack): Promise<DeepLook>;
  /** Looks until it is good enough, or the time is up. */
  wait(title: string, usually: string, stack: LiveStack, settling: Omit<Settling, "note">): Promise<Evaluation>;
  /** Asks these hosts, and all managers, about themselves. */
  facts(stack: LiveStack, hosts: readonly string[]): Promise<AllFacts>;
  /** See {@link withoutRoom}. */
  withoutRoom(stack: LiveStack, nodeIds: readonly string[]): Promise<readonly string[]>;
  /** See {@link acceptGaps}. */
  acceptGaps(stack: LiveStack, hosts: readonly string[]): Promise<void>;
  /** See {@link lendLabels}. */
  lendLabels(stack: LiveStack, from: string, to: readonly string[]): Promise<void>;
  /** Runs `up`, replacing the machines with these URNs. @returns why it failed */
  up(replace: readonly string[], spare?: Spare): Promise<string | undefined>;
  /** Does a step of a repair. @returns why it failed */
  repair(step: RepairStep, stack: LiveStack): Promise<string | undefined>;
}

/** What bringing back would do, a sentence each. Pure. */
export function outstandingText({
  machines,
  unmanaged,
  emptied,
}: Awaited<ReturnType<Containers["inspect"]>>): readonly string[] {
  return [
    ...machines.flatMap(({ kept, text }) => (kept ? `Bringing back: ${text}.` : [])),
    ...emptied.map((volume) => `The volume ${volume} is lost, and comes back empty: push your own images again.`),
    ...(unmanaged.length === 0 ? [] : [`Removing unmanaged containers: ${list(unmanaged)}.`]),
  ];
}

/**
 * The cluster of a stack.
 *
 * @param docker the engine that a local stack's hosts run on, and another way to ask them @default found when it is needed
 */
export function liveCluster(stack: string, progress: Progress, docker?: Docker): Cluster {
  const containers = containersOf(stack);
  return {
    stack,
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
        // Of what is brought back each host is set up, whatever becomes of the others.
        up(stack, [], ["--continue-on-error"]),
      );
      return failure === undefined ? { failures } : { failures, setUp: failure };
    },
    read: () => readStack(stack),
    machines: async () => (docker === undefined ? undefined : containers?.machines(docker, stack)),
    ask: (live) =>
      progress.step("Asking the hosts that aren't in service", "1 to 10 s", () =>
        inspectDeep(live, docker === undefined ? {} : { docker }),
      ),
    wait: (title, usually, live, settling) =>
      progress.step(title, usually, (note) => settle(live, { ...settling, note })),
    facts: (live, troubled) => askHosts(live, { troubled }),
    withoutRoom,
    acceptGaps,
    lendLabels,
    up: (replace, spare) => up(stack, replace, [], spare),
    repair: (step, live) => perform(step, live, docker),
  };
}
