/** What a restore does next, from what was observed. Pure. */
import type { DesiredNode } from "../../components/outputs";
import type { Snapshot } from "../cluster/backups";
import type { AllFacts } from "../cluster/host-facts";
import { commands, list } from "../cluster/words";
import type { SwarmMember } from "./restore-work";

/** What the plan is made of. */
interface RestoreKnown {
  /** The stack's name. */
  readonly stack: string;
  readonly nodes: readonly DesiredNode[];
  /** Cluster id that the state has. */
  readonly recorded: string;
  /** Cluster id of the swarm that answers. @default none with a majority does */
  readonly live?: string;
  /** Whether that swarm doesn't have the present address of the manager that got the backup: see {@link movedMember}. */
  readonly moved: boolean;
  /** Reports of all hosts. */
  readonly facts: AllFacts;
  /** The backup to restore. @default there is none, or none of that id */
  readonly snapshot?: Snapshot;
}

/** What is accepted. */
export interface RestoreOptions {
  /** Whether a swarm that exists may be replaced. */
  readonly replaceSwarm: boolean;
}

/** One thing to do. */
export type RestoreAction =
  /** Reads all of the snapshot. */
  | { readonly kind: "read" }
  /** These managers leave the swarm that they are in. */
  | { readonly kind: "leave"; readonly names: readonly string[] }
  /** Makes this host the only manager of the restored swarm. */
  | { readonly kind: "restore"; readonly name: string }
  /** Lets all hosts join it. */
  | { readonly kind: "join" }
  /** Ends the redirection that a run has left. */
  | { readonly kind: "bridge" };

/** What comes next; nothing when the restored swarm is there and its hosts have had their turn. */
interface RestorePlan {
  readonly actions: readonly RestoreAction[];
  /** Why nothing may be done after them. @default there is no such reason */
  readonly refused?: string;
}

/**
 * The manager that gets the state. It should have the address that it had then: with `--force-new-cluster` the swarm keeps
 * that address (docker/for-linux issue 523), and another one is given only to a manager that joins again.
 */
export function chooseTarget(
  nodes: readonly DesiredNode[],
  { address, manager }: Pick<Snapshot, "address" | "manager">,
): { readonly name: string; readonly moves: boolean } | { readonly refused: string } {
  const managers = nodes.filter(({ role }) => role === "manager");
  const same = managers.find((node) => node.address === address);
  if (same !== undefined) return { name: same.name, moves: false };
  const other = nodes.find((node) => node.address === address);
  if (other !== undefined) {
    return {
      refused: `The backup is of ${manager} at ${address}, and now ${other.name} has that address. Take a stack of other addresses, or of the same`,
    };
  }
  const [first] = managers;
  if (first === undefined || managers.length === 1) {
    return {
      refused:
        `The backup is of ${manager} at ${address}, and the only manager has another address now. A swarm takes another address ` +
        "only through a second manager: configure 3 managers",
    };
  }
  return { name: first.name, moves: true };
}

/**
 * The manager that got the backup, while the restored swarm doesn't have its present address: with a vote, it has its former
 * address there; without one, an interrupted run has demoted it. Pure.
 */
export function movedMember(
  nodes: readonly DesiredNode[],
  snapshot: Pick<Snapshot, "address" | "manager">,
  members: readonly SwarmMember[],
): SwarmMember | undefined {
  const voters = members.filter(({ address }) => address !== "");
  const former = voters.find((voter) =>
    nodes.some(({ name, address }) => name === voter.name && address !== voter.address),
  );
  const target = chooseTarget(nodes, snapshot);
  if (former !== undefined || "refused" in target || !target.moves) return former;
  if (voters.some(({ name }) => name === target.name)) return undefined;
  return members.find(({ name, ready }) => name === target.name && ready);
}

/** @param done kinds of the actions that have run */
export function planRestore(
  known: RestoreKnown,
  done: ReadonlySet<string>,
  { replaceSwarm }: RestoreOptions,
): RestorePlan {
  const { stack, nodes, recorded, live, moved, facts, snapshot } = known;
  const refuse = (refused: string, actions: readonly RestoreAction[] = []): RestorePlan => ({ actions, refused });
  if (snapshot === undefined) return refuse(`There is no such backup. npm run backup -- ${stack} --list`);
  if (done.has("join")) return { actions: [] };
  // An earlier run was interrupted: the restored swarm is there, and the state doesn't have its id yet, or a manager not its address.
  const interrupted = live === snapshot.swarmId && (recorded !== live || moved);
  if (done.has("restore") || interrupted) return { actions: [{ kind: "join" }] };
  const target = chooseTarget(nodes, snapshot);
  if ("refused" in target) return refuse(target.refused);
  const managers = nodes.filter(({ role }) => role === "manager").map(({ name }) => name);
  const members = managers.filter((name) => {
    const report = facts[name];
    return report?.reached === true && report.state !== "inactive";
  });
  if (!replaceSwarm && !done.has("read")) {
    const accept = `npm run restore -- ${stack} --replace-swarm`;
    if (live !== undefined) {
      if (live !== snapshot.swarmId) {
        return refuse(
          `The stack has another swarm, ${live}, with a majority. To put that of the backup in its place: ${accept}`,
        );
      }
      // A run that ended right after the manager had its address.
      return refuse(
        `The swarm has its majority, and its state is newer than the backup. What is broken: ${commands(stack).repair}. ` +
          `To go back to the backup: ${accept}`,
        target.moves && !done.has("bridge") ? [{ kind: "bridge" }] : [],
      );
    }
    if (members.length > 0) {
      return refuse(
        `${list(members)} still ${members.length === 1 ? "has" : "have"} a swarm's state, which is newer than the backup: ` +
          `npm run recover -- ${stack}. To put the backup in its place: ${accept}`,
      );
    }
  }
  const silent = managers.filter((name) => facts[name]?.reached !== true);
  if (silent.length > 0) {
    // One that comes back with its former state could make a second swarm.
    return refuse(`${list(silent)} can't be reached. All managers must be there: ${commands(stack).up}`);
  }
  const leaving = members.filter((name) => name !== target.name);
  const actions: RestoreAction[] = [
    { kind: "read" },
    ...(leaving.length > 0 ? [{ kind: "leave", names: leaving } as const] : []),
    { kind: "restore", name: target.name },
    { kind: "join" },
  ];
  return { actions: actions.filter(({ kind }) => !done.has(kind)) };
}
