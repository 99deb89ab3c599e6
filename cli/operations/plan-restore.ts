/** What a restore does next, from what was observed. Pure. */
import type { DesiredNode } from "../../components/outputs";
import type { Snapshot } from "../cluster/backups";
import type { AllFacts } from "../cluster/host-facts";
import { commands, list } from "../cluster/words";

/** What the plan is made of. */
export interface RestoreKnown {
  /** The stack's name. */
  readonly stack: string;
  readonly nodes: readonly DesiredNode[];
  /** Cluster id that the state has. */
  readonly recorded: string;
  /** Cluster id of the swarm that answers. @default none with a majority does */
  readonly live?: string;
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
  | { readonly kind: "join" };

/** What comes next; nothing when the restored swarm is there and its hosts have had their turn. */
export type RestorePlan = { readonly actions: readonly RestoreAction[] } | { readonly refused: string };

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
        "only through a second manager: set swarm-ha:managers.count to 3",
    };
  }
  return { name: first.name, moves: true };
}

/** @param done kinds of the actions that have run */
export function planRestore(
  known: RestoreKnown,
  done: ReadonlySet<string>,
  { replaceSwarm }: RestoreOptions,
): RestorePlan {
  const { stack, nodes, recorded, live, facts, snapshot } = known;
  if (snapshot === undefined) return { refused: `There is no such backup. npm run backup -- ${stack} --list` };
  if (done.has("join")) return { actions: [] };
  // An earlier run was interrupted: the restored swarm is there, and the state doesn't have its id yet.
  if (done.has("restore") || (live === snapshot.swarmId && recorded !== live)) return { actions: [{ kind: "join" }] };
  const target = chooseTarget(nodes, snapshot);
  if ("refused" in target) return target;
  const managers = nodes.filter(({ role }) => role === "manager").map(({ name }) => name);
  const members = managers.filter((name) => {
    const report = facts[name];
    return report?.reached === true && report.state !== "inactive";
  });
  if (!replaceSwarm && done.size === 0) {
    const accept = `npm run restore -- ${stack} --replace-swarm`;
    if (live !== undefined) {
      return {
        refused:
          live === snapshot.swarmId
            ? `The swarm has its majority, and its state is newer than the backup. What is broken: ${commands(stack).repair}. To go back to the backup: ${accept}`
            : `The stack has another swarm, ${live}, with a majority. To put that of the backup in its place: ${accept}`,
      };
    }
    if (members.length > 0) {
      return {
        refused:
          `${list(members)} still ${members.length === 1 ? "has" : "have"} a swarm's state, which is newer than the backup: ` +
          `npm run recover -- ${stack}. To put the backup in its place: ${accept}`,
      };
    }
  }
  const silent = managers.filter((name) => facts[name]?.reached !== true);
  if (silent.length > 0) {
    // One that comes back with its former state could make a second swarm.
    return { refused: `${list(silent)} can't be reached. All managers must be there: ${commands(stack).up}` };
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
