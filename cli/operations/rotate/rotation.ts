/** What the rotations share: how they reach the cluster, and what they plan and observe. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Evaluation } from "../../cluster/evaluate";
import { throughManager } from "../../cluster/inspect";
import type { Problem } from "../../cluster/model";
import { pendingHostsOf, type PendingHosts } from "../../cluster/pending-hosts";
import { readNodeKeys } from "../../cluster/raft";
import { tryLogins } from "../../cluster/registry-access";
import { authorize, tryKey } from "../../cluster/ssh-access";
import { tryClient } from "../../cluster/try-client";
import type { LiveStack } from "../../cluster/stack";
import { commands, list } from "../../cluster/words";
import { finishInterrupted, redo, rewriteState } from "../../pulumi";
import type { Progress } from "../../terminal/progress";
import type { Cluster } from "../cluster";
import type { Operation, Step } from "../operation";

/** Seconds for the cluster to be as well as before. An election takes up to 21, and load balancers up to 15 to notice. */
export const SETTLE_LIMIT = 90;

/** What a rotation needs of a cluster. Tests have one without a cluster. */
export interface RotationTools {
  readonly cluster: Cluster;
  readonly progress: Progress;
  /** See {@link throughManager}. */
  readonly through: typeof throughManager;
  /** Has the next `up` run these steps again. */
  readonly redo: (urns: readonly string[]) => Promise<void>;
  /** See {@link tryLogins}. */
  readonly tryLogins: typeof tryLogins;
  /** See {@link pendingHostsOf}. */
  readonly pendingHosts: typeof pendingHostsOf;
  /** See {@link readNodeKeys}. */
  readonly nodeKeys: typeof readNodeKeys;
  /** See {@link authorize}. */
  readonly authorize: typeof authorize;
  /** See {@link tryKey}. */
  readonly tryKey: typeof tryKey;
  /** See {@link tryClient}. */
  readonly tryClient: typeof tryClient;
  /** See {@link finishInterrupted}. */
  readonly finish: (stack: string) => string;
  /** See {@link rewriteState}. */
  readonly rewriteState: (change: (exported: unknown) => unknown) => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Milliseconds since some moment. */
  readonly now: () => number;
}

/** The same for a stack that is up. */
export function liveTools(cluster: Cluster, progress: Progress): RotationTools {
  return {
    cluster,
    progress,
    through: throughManager,
    redo: (urns) => redo(cluster.stack, () => urns),
    tryLogins,
    pendingHosts: pendingHostsOf,
    nodeKeys: readNodeKeys,
    authorize,
    tryKey,
    tryClient,
    finish: finishInterrupted,
    rewriteState: (change) => rewriteState(cluster.stack, change),
    pause: (milliseconds) => sleep(milliseconds),
    now: Date.now,
  };
}

/** How a rotation was asked for. */
export interface RotationOptions {
  /** Whether services are redeployed with the new login. */
  readonly redeploy: boolean;
  /** The command's flags as they were given. */
  readonly given: readonly string[];
}

/** What every rotation observes. */
export interface RotationSeen {
  readonly stack: LiveStack;
  /** Problems of before the rotation. */
  readonly before: readonly Problem[];
  /** What was observed last. */
  readonly evaluation: Evaluation;
  /** Whether the old secret was removed, and nothing of it was left to verify that it is refused. @default false */
  readonly untried?: boolean;
}

/** One thing that can be rotated. */
export interface Rotation {
  /** What it does, for the usage. */
  readonly summary: string;
  /** Whether it may redeploy services, when asked to. @default false */
  readonly redeploys?: boolean;
  /** Makes the operation, and hands it over: each one observes something else. */
  readonly use: <T>(
    tools: RotationTools,
    options: RotationOptions,
    run: <O extends RotationSeen>(operation: Operation<O, Step>) => T,
  ) => T;
  /** What to tell people at the end, from what was observed last; empty for nothing. */
  readonly after: (stack: string, seen?: RotationSeen) => string;
}

/**
 * What all rotations' operations have in common: no two run at the same time, and each one is called `rotate`.
 *
 * @param what what it does, for people: `rotation of the join tokens`
 */
export function headOf(
  { cluster: { stack } }: Pick<RotationTools, "cluster">,
  what: string,
): Pick<Operation<never, never>, "name" | "exclusive" | "stack" | "title"> {
  return { name: "rotate", exclusive: true, stack, title: `${what} of the stack ${stack}` };
}

/** Observes once. */
export function lookOnce({ cluster }: RotationTools, stack: LiveStack): Promise<Evaluation> {
  return cluster.wait("Observing the cluster", "1 to 5 s", stack, { limit: 0, enough: () => true });
}

/** Waits until the cluster has no problem that it didn't have before. */
export function waitUntilAsBefore(
  { cluster }: RotationTools,
  stack: LiveStack,
  before: readonly Problem[],
): Promise<Evaluation> {
  return cluster.wait("Waiting until the cluster is as healthy as before", "2 to 20 s", stack, {
    limit: SETTLE_LIMIT,
    enough: (evaluation) => newProblems(before, evaluation).length === 0,
  });
}

/** Why no `up` may be run for a rotation: it would create or remove hosts. @returns undefined when it wouldn't. Pure. */
export function unapplied(stack: string, { lacking, extra }: PendingHosts): string | undefined {
  const changes = [
    ...(lacking.length === 0 ? [] : [`create ${list(lacking)}`]),
    ...(extra.length === 0 ? [] : [`remove ${list(extra)}`]),
  ];
  if (changes.length === 0) return undefined;
  const { up } = commands(stack);
  return `The configuration has changes that no up has applied. A rotation would ${changes.join(" and ")}, too. Apply them first: ${up}`;
}

/** Problems that there weren't before, by kind and host: their texts have times in them. Pure. */
export function newProblems(before: readonly Problem[], { problems }: Pick<Evaluation, "problems">): Problem[] {
  const about = ({ kind, hosts }: Problem): string => [kind, ...hosts].join(" ");
  const known = new Set(before.map(about));
  return problems.filter((problem) => !known.has(about(problem)));
}
