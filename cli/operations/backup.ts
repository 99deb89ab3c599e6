/**
 * Backs up the swarm's state from a manager that isn't the leader (plan-backup.ts), and, where that was asked for, restores
 * it into a scratch Docker engine and compares.
 */
import {
  checkRepository,
  contentsOf,
  differences,
  liveContents,
  saveSwarm,
  type Contents,
  type Saved,
} from "../cluster/backups";
import type { Evaluation } from "../cluster/evaluate";
import { counts } from "../cluster/quorum";
import type { LiveStack } from "../cluster/stack";
import { attempt } from "./attempt";
import type { Cluster } from "./cluster";
import type { Operation, Step } from "./operation";
import { chooseManager } from "./plan-backup";

/** Seconds for the manager to be in service again: an election of its swarm takes up to 21. */
const BACK_LIMIT = 60;

/** What a backup asks of the cluster. Tests have one without a cluster. */
export interface BackupWork {
  /** @throws Error when that fails */
  save(stack: LiveStack, manager: string): Promise<Saved>;
  /** What the swarm has now. */
  contents(stack: LiveStack): Promise<Contents>;
  /**
   * Restores the snapshot into a scratch Docker engine on that manager.
   *
   * @param before what the swarm had before the snapshot
   * @returns how it differs from the swarm
   */
  verify(stack: LiveStack, manager: string, saved: Saved, before: Contents): Promise<readonly string[]>;
}

/** See {@link BackupWork}. */
export const backupWork: BackupWork = {
  save: (stack, manager) => saveSwarm(stack, manager, new Date()),
  contents: liveContents,
  async verify(stack, manager, saved, before) {
    const after = await liveContents(stack);
    const restored = await contentsOf(stack, manager, saved);
    await checkRepository(stack);
    return differences(before, after, restored);
  },
};

/** How to back up. */
interface BackupOptions {
  /** Whether the backup is restored and compared. */
  readonly verify: boolean;
  /** See {@link chooseManager}. */
  readonly interrupt: boolean;
}

/** What a backup goes by. */
export interface BackupSeen {
  readonly stack: LiveStack;
  readonly evaluation: Evaluation;
  /** @default nothing is stored yet */
  readonly saved?: Saved & { readonly manager: string };
  /** @default nothing was compared yet */
  readonly verified?: boolean;
}

/** The backup of a stack's swarm. */
export function backup(cluster: Cluster, work: BackupWork, options: BackupOptions): Operation<BackupSeen, Step> {
  let saved: BackupSeen["saved"];
  let before: Contents | undefined;
  let verified = false;
  const returned = (manager: string | undefined, { matches }: Evaluation): boolean =>
    matches.some(({ desired, node }) => desired.name === manager && node !== undefined && counts(node));
  return {
    name: "backup",
    exclusive: true,
    stack: cluster.stack,
    title: `backup of the stack ${cluster.stack}`,
    async observe(moment) {
      const stack = moment.kind === "start" ? await cluster.read() : moment.before.stack;
      const evaluation =
        saved === undefined
          ? (await cluster.ask(stack)).evaluation
          : await cluster.wait(`Waiting until ${saved.manager} is in service`, "1 to 15 s", stack, {
              limit: BACK_LIMIT,
              enough: (found) => returned(saved?.manager, found),
            });
      return { stack, evaluation, verified, ...(saved === undefined ? {} : { saved }) };
    },
    plan({ stack, evaluation, saved: stored, verified: compared }) {
      if (stored === undefined) {
        const choice = chooseManager(stack.stack, evaluation, options.interrupt);
        if ("refused" in choice) return { steps: [], refused: choice.refused, left: [] };
        return {
          steps: [saving(stack, choice.name)],
          left: [],
          ...(options.verify ? { later: "Then it is compared." } : {}),
        };
      }
      if (!options.verify || compared === true) return { steps: [], left: [] };
      return { steps: [comparing(stack, stored)], left: [] };
    },
    settled: ({ evaluation, saved: stored, verified: compared }) =>
      stored !== undefined && returned(stored.manager, evaluation) && (!options.verify || compared === true),
    onFailure: "stop",
  };

  function saving(stack: LiveStack, manager: string): Step {
    return {
      key: "save",
      title: `Storing the swarm's state of ${manager}, whose Docker engine stops for some seconds`,
      usually: "5 to 30 s",
      hosts: [manager],
      limit: BACK_LIMIT,
      failed: `The backup of ${manager} failed.`,
      run: () =>
        attempt(async () => {
          if (options.verify) before = await work.contents(stack);
          saved = { ...(await work.save(stack, manager)), manager };
        }),
    };
  }

  function comparing(stack: LiveStack, stored: NonNullable<BackupSeen["saved"]>): Step {
    const { manager, snapshot } = stored;
    return {
      key: "verify",
      title: `Restoring ${snapshot} into a scratch Docker engine on ${manager}, and comparing`,
      usually: "10 to 60 s",
      hosts: [manager],
      limit: BACK_LIMIT,
      failed: `The backup ${snapshot} is stored, but not as it should be.`,
      run: () =>
        attempt(async () => {
          if (before === undefined) throw new Error("what the swarm had before the backup is unknown");
          const found = await work.verify(stack, manager, stored, before);
          if (found.length > 0) throw new Error(found.join("\n"));
          verified = true;
        }),
    };
  }
}
