/** Which manager a new cluster is formed from when the majority is lost. Pure. */
import { majority } from "../../plan/quorum";
import type { DesiredNode } from "../../components/outputs";
import { describeCuts, hasExpired, isOtherKey, witnesses, type AllFacts } from "../cluster/host-facts";
import type { RaftPositions } from "../cluster/raft";
import { commands, giveKey, list } from "../cluster/words";
import type { PlatformInstance } from "../platform/types";
import { describeHost, networkCuts, otherKeyText } from "./ladder";

/** What it is chosen from. */
export interface Survivors {
  /** The stack's name. */
  readonly stack: string;
  readonly nodes: readonly DesiredNode[];
  /** What the managers reported of themselves. */
  readonly facts: AllFacts;
  readonly positions: RaftPositions;
  /** All instances that the platform lists. @default the platform can't list them */
  readonly instances?: readonly PlatformInstance[];
  /** Whether the program creates the hosts. Otherwise nobody lists whether a machine that doesn't answer runs. @default true */
  readonly createsHosts?: boolean;
  /** The manager that a person has named. @default the most recent one */
  readonly from?: string;
  /** Whether it may be one that has fewer changes than another survivor. */
  readonly older: boolean;
  /** Whether the unlock key is known. */
  readonly hasKey: boolean;
}

/** A manager that answers, and how far its Raft log goes. */
interface Survivor {
  readonly name: string;
  /** The last index that it knows to be committed. */
  readonly commit: number;
  /** Entries after it, which a forced start discards. */
  readonly uncommitted: number;
  /** The terms of its entries: from which index on there is which term. */
  readonly terms: readonly (readonly [index: number, term: number])[];
  readonly locked: boolean;
}

/** What was chosen, or why nothing was. */
export type Choice =
  | {
      /** The manager that becomes the swarm. */
      readonly manager: string;
      /** How far its log goes. @default it can't be read */
      readonly survivor?: Survivor;
      /** Other managers that answer and have data of the swarm: they leave it. */
      readonly leaving: readonly string[];
      /** All other managers that may have data: they must not come back with them. */
      readonly lost: readonly string[];
      /** The survivors that it can be compared with, and itself, the most recent one first. */
      readonly survivors: readonly Survivor[];
      /** Survivors whose entries aren't its own: see {@link parting}. */
      readonly apart: readonly string[];
    }
  | { readonly refused: string };

/** See the top of this file. */
export function chooseSurvivor(input: Survivors): Choice {
  const { stack, facts, positions, instances, createsHosts = true, from, older, hasKey } = input;
  const { recover, status } = commands(stack);
  const managers = input.nodes.filter(({ role }) => role === "manager").map(({ name }) => name);
  if (from !== undefined && !managers.includes(from))
    return { refused: `--from ${from}: the stack has no such manager. Managers: ${list(managers)}` };

  const runs = (name: string): boolean =>
    createsHosts && instances?.some((one) => one.name === name && one.running) === true;
  // One that was re-installed has no data that could come back.
  const isEmpty = (name: string): boolean =>
    instances?.some((one) => one.name === name && one.gone !== undefined) === true;
  const lost = managers.filter((name) => facts[name]?.reached !== true && !isEmpty(name));
  const alive = lost.filter((name) => witnesses(name, facts).length > 0 || runs(name));
  const rekeyed = alive.filter((name) => {
    const own = facts[name];
    return !createsHosts && own?.reached === false && isOtherKey(own.seen);
  });
  if (rekeyed.length > 0) return { refused: otherKeyText(rekeyed, stack, recover) };
  if (alive.length > 0) {
    const seen = alive.map((name) =>
      [describeHost(name, facts), ...(runs(name) ? ["its instance runs"] : [])]
        .filter((text) => text !== "")
        .join(", "),
    );
    return {
      refused:
        `${list(alive)}: not dead, although the bastion can't log in: ${seen.join("; ")}. Its data may be the newest, and it could form ` +
        "a second swarm. Fix its sshd or its network, or power it off for good; then run this again",
    };
  }

  const survivors = managers
    .flatMap((name): Survivor[] => {
      const position = positions[name];
      // One that died while it joined has a log without entries.
      if (position?.log !== "read" || position.commit === 0) return [];
      const { commit, last, terms, locked } = position;
      return [{ name, commit, uncommitted: Math.max(0, last - commit), terms, locked }];
    })
    .sort((a, b) => b.commit - a.commit || Number(a.locked) - Number(b.locked) || a.name.localeCompare(b.name));
  const unread = managers.flatMap((name) => {
    const position = positions[name];
    return position?.log === "unread" ? [{ name, seen: position.seen }] : [];
  });
  const candidates = [...survivors, ...unread].map(({ name }) => name);
  if (candidates.length === 0)
    return {
      refused:
        "No manager that answers has the swarm's data, so there is nothing to recover it from. Start a lost manager with its disk, " +
        "or restore a backup of the swarm",
    };

  const stopped = mayReturn(candidates, managers.length, input);
  if (stopped !== undefined) return { refused: stopped };

  if (from === undefined && unread.length > 0)
    return {
      refused:
        `The managers' data can't be compared: ${unread.map(({ name, seen }) => `${name}: ${seen}`).join("; ")}` +
        `${survivors.length === 0 ? "" : `; ${positionsText(survivors)}`}. Name the manager that was healthy until the end: ` +
        `${recover} --from <${candidates.join("|")}>`,
    };
  const parted = from === undefined ? firstParting(survivors) : undefined;
  if (parted !== undefined)
    return {
      refused:
        `The managers' data can't be compared: ${parted}. A new cluster was formed before, and one of them has the data from before it. ` +
        `Name a manager of the swarm as it was last, in most cases the one with the higher term: ${recover} --from <${candidates.join("|")}>`,
    };
  const manager = from ?? survivors[0]?.name ?? "";
  if (!candidates.includes(manager)) {
    const own = facts[manager];
    const why = own?.reached === false ? `the bastion can't log in to it (${own.seen})` : "it has no data of the swarm";
    return { refused: `--from ${manager}: ${why}. Managers with data: ${positionsText(survivors)}. See: ${status}` };
  }
  const survivor = survivors.find(({ name }) => name === manager);
  const comparable = survivors.filter((one) => survivor === undefined || parting(one, survivor) === undefined);
  const [newest] = comparable;
  if (survivor !== undefined && newest !== undefined && survivor.commit < newest.commit && !older)
    return {
      refused:
        `--from ${manager}: ${newest.name} has ${newest.commit - survivor.commit} more changes (${positionsText(comparable)}), which would be ` +
        `lost. Take it: ${recover} --from ${newest.name}. To lose them: ${recover} --from ${manager} --older`,
    };
  if (survivor?.locked === true && !hasKey)
    return {
      refused:
        `The swarm is autolocked, and without a majority no manager gives its key. Give yours in the environment, where the shell's ` +
        `history doesn't keep it: ${giveKey(recover)}. Without the key, the data of ` +
        `${manager} can't be read: restore a backup`,
    };
  return {
    manager,
    ...(survivor === undefined ? {} : { survivor }),
    leaving: candidates.filter((name) => name !== manager),
    lost,
    survivors: comparable,
    apart: survivors.filter((one) => !comparable.includes(one)).map(({ name }) => name),
  };
}

/**
 * Where two logs part; nothing when the one with the higher index has all that the other one has.
 *
 * A committed entry is the same on all managers of a swarm, its term included. Only a forced start breaks that: it goes on from one
 * manager's entries, with a higher term than that manager has seen, while others may have gone on from theirs. So where both know an
 * entry to be committed, and its terms differ, one has the data from before a forced start. Its index may be the higher one.
 */
function parting(a: Survivor, b: Survivor): string | undefined {
  const [less, more] = a.commit <= b.commit ? [a, b] : [b, a];
  const index = less.commit;
  const own = termAt(less, index);
  const other = termAt(more, index);
  if (own === undefined || own === other) return undefined;
  // Terms never fall: of an entry that is on its disk no more, the term is at most that of the first one that is.
  const [first] = more.terms;
  if (other === undefined && (first === undefined || own <= first[1])) return undefined;
  const term = other ?? `at most ${first?.[1] ?? 0}`;
  return (
    `the entry ${index} has the term ${own} on ${less.name} (at Raft index ${less.commit}), and ${term} on ` +
    `${more.name} (at ${more.commit})`
  );
}

function firstParting(survivors: readonly Survivor[]): string | undefined {
  for (const [i, one] of survivors.entries())
    for (const other of survivors.slice(i + 1)) {
      const parted = parting(one, other);
      if (parted !== undefined) return parted;
    }
  return undefined;
}

function termAt({ terms }: Survivor, index: number): number | undefined {
  return terms.findLast(([first]) => first <= index)?.[1];
}

/** Why a majority may come back without a loss; nothing when it can't. */
function mayReturn(
  candidates: readonly string[],
  managers: number,
  { stack, facts, from }: Survivors,
): string | undefined {
  // A manager whose certificate has expired doesn't come back: its Docker engine doesn't start as a manager.
  const expired = candidates.filter((name) => hasExpired(facts[name]));
  if (candidates.length - expired.length < majority(managers)) return undefined;
  const states = new Map<string, string[]>();
  for (const name of candidates) {
    const own = facts[name];
    const state = own?.reached === true ? own.state : "";
    states.set(state, [...(states.get(state) ?? []), name]);
  }
  const cuts = candidates.flatMap((name) => networkCuts(name, facts));
  if (cuts.length > 0) {
    const unique = [...new Map(cuts.map((cut) => [`${cut.from} ${cut.to} ${cut.port}`, cut])).values()];
    return (
      `${candidates.length} of ${managers} managers run, which is a majority, and the network between them is cut: ` +
      `${describeCuts(unique)}. Fix the network: nothing is lost then`
    );
  }
  const locked = states.get("locked") ?? [];
  if (candidates.length - locked.length < majority(managers))
    return (
      `${list(locked)}: locked, and no known key fits. With them, the managers have a majority, and nothing is lost. If you have the key: ` +
      giveKey(commands(stack).repair)
    );
  if (from !== undefined) return undefined;
  const seen = [...states].map(([state, names]) => `${list(names)}: ${state === "" ? "no answer" : state}`).join("; ");
  return (
    `${candidates.length} of ${managers} managers run with their data (${seen}), which is a majority, and they have no leader. ` +
    `Find out why in the logs of their Docker engines. To give that up: ${commands(stack).recover} --from <manager>`
  );
}

/** `manager-2 at Raft index 123, manager-1 at 118`. */
export function positionsText(survivors: readonly Survivor[]): string {
  if (survivors.length === 0) return "none";
  return survivors.map(({ name, commit }, i) => `${name} at ${i === 0 ? "Raft index " : ""}${commit}`).join(", ");
}
