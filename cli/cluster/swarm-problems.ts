import { describeHost } from "../operations/ladder";
import type { Match, View } from "./match";
import type { Desired, Live, LiveNode, ManagerAnswer, Problem } from "./model";
import { counts, quorum, votes } from "./quorum";
import { commands, list } from "./words";

/** Problems of the bastion, of an `up` that didn't finish, and of what the platform has. */
export function accessProblems(desired: Desired, live: Live): Problem[] {
  const { repair, up } = commands(desired.stack);
  const problems: Problem[] = [];
  if (live.bastionError !== undefined) {
    // Only what was seen is claimed.
    const alive = live.answers.some(({ answered }) => answered)
      ? "the swarm works without it, but can't be changed"
      : "nothing can be changed";
    const text = `The bastion can't be reached (${live.bastionError}); ${alive}: ${repair}`;
    problems.push({ kind: "bastion", hosts: ["bastion"], text });
  }
  const unfinished = desired.unfinished ?? [];
  if (unfinished.length > 0) {
    const text = `The last up didn't finish ${list(unfinished)}. Run it again: ${up}`;
    problems.push({ kind: "unfinished", hosts: unfinished, text });
  }
  for (const { hosts, text } of live.differences ?? []) {
    problems.push({ kind: "host", hosts, text: `${text}: ${repair}` });
  }
  for (const name of live.unmanaged ?? []) {
    const text = `${name} is unmanaged: a killed run created it and didn't record it in the state. Remove it: ${repair}`;
    problems.push({ kind: "unmanaged", hosts: [name], text });
  }
  return problems;
}

/** Managers that wait for the unlock key, which only a person or a repair gives them. */
export function lockedProblems(desired: Desired, answers: readonly ManagerAnswer[]): Problem[] {
  const hosts = answers.flatMap((answer) => (answer.answered && answer.localState === "locked" ? [answer.name] : []));
  if (hosts.length === 0) return [];
  const [are, wait, engines] =
    hosts.length === 1 ? ["is", "waits", "its Docker engine was"] : ["are", "wait", "their Docker engines were"];
  const text =
    `${list(hosts)} ${are} locked (autolock): ${engines} restarted, and ${wait} for the unlock key. ` +
    `Unlock: ${commands(desired.stack).repair}`;
  return [{ kind: "locked", hosts, text }];
}

/** Managers that are in another swarm: in one of another id, or in the one from before a recovery. */
export function swarmProblems(desired: Desired, answers: readonly ManagerAnswer[], view: View | undefined): Problem[] {
  const { repair } = commands(desired.stack);
  return answers.flatMap((answer): Problem[] => {
    if (!answer.answered || answer.swarmId === "") return [];
    if (answer.swarmId === desired.swarmId) {
      if (view === undefined || (answer.recovered ?? "") >= view.recovered) return [];
      const text =
        `${answer.name} has come back with the data from before the swarm was recovered (${view.recovered}), and is in a second swarm. ` +
        `Changes made through it are lost. Let it leave and join again: ${repair}`;
      return [{ kind: "swarm", hosts: [answer.name], text }];
    }
    const text =
      `${answer.name} is in another swarm (${answer.swarmId}) than the stack's (${desired.swarmId}). ` +
      `Don't change anything by hand; when the stack's own swarm has its majority: ${repair}`;
    return [{ kind: "swarm", hosts: [answer.name], text }];
  });
}

/** No leader, or different ones by different managers. */
export function leaderProblems(desired: Desired, answers: readonly ManagerAnswer[], view: View): Problem[] {
  const { status } = commands(desired.stack);
  const named = new Map<string, string[]>();
  for (const answer of answers) {
    if (!answer.answered || answer.swarmId !== view.swarmId || "error" in answer.nodes) continue;
    // Those from before a recovery have a problem of their own.
    if ((answer.recovered ?? "") !== view.recovered) continue;
    for (const leader of answer.nodes.filter((node) => node.leader)) {
      const who = `${leader.hostname} (${leader.id})`;
      named.set(who, [...(named.get(who) ?? []), answer.name]);
    }
  }
  const again = `An election takes up to 21 s; look again: ${status}`;
  if (named.size === 0) return [{ kind: "leader", hosts: [], text: `The swarm has no leader. ${again}` }];
  if (named.size === 1) return [];
  const each = [...named].map(([leader, by]) => `${list(by)}: ${leader}`).join("; ");
  return [{ kind: "leader", hosts: [], text: `Managers report different leaders (${each}). ${again}` }];
}

/** How many more managers may be lost, when some are missing. */
export function quorumProblems(desired: Desired, voters: readonly LiveNode[], matches: readonly Match[]): Problem[] {
  const { repair } = commands(desired.stack);
  const { managers, counting, margin } = quorum(voters);
  const absent = matches.filter(
    ({ desired: host, node }) => host.role === "manager" && (node === undefined || !votes(node)),
  );
  const hosts = [
    ...new Set([
      ...voters.filter((voter) => !counts(voter)).map((voter) => voter.hostname),
      ...absent.map((match) => match.desired.name),
    ]),
  ];
  if (hosts.length === 0 || margin > 0) return [];
  const text =
    margin < 0
      ? `The majority of the managers is lost: ${counting} of ${managers} are Ready and Reachable. Applications keep running, ` +
        `but nothing can be changed. ${startAll(desired.stack)}`
      : `No further manager may be lost: ${counting} of ${managers} are Ready and Reachable, and one less is no majority. ${repair}`;
  return [{ kind: "quorum", hosts, text }];
}

/** Why the nodes couldn't be listed, by manager. */
export function unreachableProblem(desired: Desired, { answers, hosts = {} }: Live): Problem {
  const reasons = answers
    .map((answer) => {
      const told = describeHost(answer.name, hosts);
      return `${answer.name}: ${reason(answer)}${told === "" ? "" : `, ${told}`}`;
    })
    .join("; ");
  const leaderless = answers.some((answer) => answer.answered && answer.localState === "active");
  const text = leaderless
    ? "Managers answer, but none can list the nodes. Most likely the swarm has no leader: an election takes up to 21 s, " +
      `or the majority is lost (${reasons}). Applications keep running. ${startAll(desired.stack)}`
    : `No manager can list the nodes (${reasons === "" ? "none could be asked" : reasons}). ${startAll(desired.stack)}`;
  return { kind: "unreachable", hosts: [], text };
}

function startAll(stack: string): string {
  const { repair, recover } = commands(stack);
  return `Start what can be started: ${repair}. If that doesn't bring the majority back: ${recover}`;
}

function reason(answer: ManagerAnswer): string {
  if (!answer.answered) return answer.seen;
  if (answer.localState !== "active") return `its Docker engine's swarm state is "${answer.localState}"`;
  return "error" in answer.nodes ? answer.nodes.error : "it answers";
}
