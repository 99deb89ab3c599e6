import { votes } from "./labels";
import { describeHost } from "../operations/ladder";
import type { Match, View } from "./match";
import type { Desired, Live, ManagerAnswer, Problem } from "./model";
import { quorum, type Voter } from "./quorum";
import { commands, list, LOST_MAJORITY } from "./words";

/** What keeps the tools themselves from their work: the bastion, and what an `up` that didn't end has left. */
export function accessProblems(desired: Desired, live: Live): Problem[] {
  const { repair, up } = commands(desired.stack);
  const problems: Problem[] = [];
  if (live.bastionError !== undefined) {
    // Only what was seen is claimed.
    const alive = live.answers.some(({ answered }) => answered)
      ? "the swarm works on without it, changes don't"
      : "no change is possible";
    const text = `The bastion can't be reached (${live.bastionError}); ${alive}: ${repair}`;
    problems.push({ kind: "bastion", hosts: ["bastion"], text });
  }
  const unfinished = desired.unfinished ?? [];
  if (unfinished.length > 0) {
    const text = `The last up ended before it was through with ${list(unfinished)}; run it again: ${up}`;
    problems.push({ kind: "unfinished", hosts: unfinished, text });
  }
  for (const { hosts, text } of live.machines ?? []) {
    problems.push({ kind: "machine", hosts, text: `${text}: ${repair}` });
  }
  for (const name of live.unmanaged ?? []) {
    const text = `The container ${name} is unmanaged: a killed run created it, and the state does not know it; it serves nobody. ${repair} removes it`;
    problems.push({ kind: "unmanaged", hosts: [name], text });
  }
  return problems;
}

/** Managers that are in another swarm. */
export function swarmProblems(desired: Desired, answers: readonly ManagerAnswer[]): Problem[] {
  const { repair } = commands(desired.stack);
  return answers.flatMap((answer): Problem[] => {
    if (!answer.answered || answer.swarmId === "" || answer.swarmId === desired.swarmId) return [];
    const text =
      `${answer.name} is in another swarm (${answer.swarmId}) than the stack's (${desired.swarmId}). ` +
      `Don't change anything by hand; when the stack's own swarm has its majority: ${repair}`;
    return [{ kind: "swarm", hosts: [answer.name], text }];
  });
}

/** No leader, or managers that name different ones. */
export function leaderProblems(desired: Desired, answers: readonly ManagerAnswer[], view: View): Problem[] {
  const { status } = commands(desired.stack);
  const named = new Map<string, string[]>();
  for (const answer of answers) {
    if (!answer.answered || answer.swarmId !== view.swarmId || "error" in answer.nodes) continue;
    for (const leader of answer.nodes.filter((node) => node.leader)) {
      const who = `${leader.hostname} (${leader.id})`;
      named.set(who, [...(named.get(who) ?? []), answer.name]);
    }
  }
  const again = `An election takes up to 21 s; look again: ${status}`;
  if (named.size === 0) return [{ kind: "leader", hosts: [], text: `The swarm has no leader. ${again}` }];
  if (named.size === 1) return [];
  const each = [...named].map(([leader, by]) => `${list(by)}: ${leader}`).join("; ");
  return [{ kind: "leader", hosts: [], text: `Managers name different leaders (${each}). ${again}` }];
}

/** How near the end of the majority is, when managers are missing. */
export function quorumProblems(desired: Desired, voters: readonly Voter[], matches: readonly Match[]): Problem[] {
  const { repair } = commands(desired.stack);
  const { managers, counting, margin } = quorum(voters);
  const absent = matches.filter(
    ({ desired: host, node }) => host.role === "manager" && (node === undefined || !votes(node)),
  );
  const hosts = [
    ...new Set([
      ...voters.filter((voter) => !voter.counts).map((voter) => voter.name),
      ...absent.map((match) => match.desired.name),
    ]),
  ];
  if (hosts.length === 0 || margin > 0) return [];
  const text =
    margin < 0
      ? `The majority of the managers is gone: ${counting} of ${managers} count (Ready and Reachable). Applications run ` +
        `on, no change is possible. ${repair} starts what can be started; else ${LOST_MAJORITY}`
      : `No further manager may be lost: ${counting} of ${managers} count (Ready and Reachable), and one less is no majority. ${repair}`;
  return [{ kind: "quorum", hosts, text }];
}

/** Why nobody could say who is in the swarm, manager by manager. */
export function unreachableProblem(desired: Desired, { answers, hosts = {} }: Live): Problem {
  const { repair } = commands(desired.stack);
  const reasons = answers
    .map((answer) => {
      const told = describeHost(answer.name, hosts);
      return `${answer.name}: ${reason(answer)}${told === "" ? "" : `, ${told}`}`;
    })
    .join("; ");
  const leaderless = answers.some((answer) => answer.answered && answer.localState === "active");
  const text = leaderless
    ? "Managers answer, but none can say who is in the swarm: most likely it has no leader, because an election is on " +
      `(up to 21 s) or the majority is gone (${reasons}). Applications run on. ${repair} starts what can be started; ` +
      `else ${LOST_MAJORITY}`
    : `No manager can say who is in the swarm (${reasons === "" ? "none could be asked" : reasons}). ${repair} starts ` +
      `what can be started; else ${LOST_MAJORITY}`;
  return { kind: "unreachable", hosts: [], text };
}

function reason(answer: ManagerAnswer): string {
  if (!answer.answered) return answer.seen;
  if (answer.localState !== "active") return `its engine's swarm state is "${answer.localState}"`;
  return "error" in answer.nodes ? answer.nodes.error : "it answers";
}
