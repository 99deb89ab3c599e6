/** Which manager's state is backed up, and why none can be now. Pure. */
import { majority } from "../../plan/quorum";
import type { Evaluation } from "../cluster/evaluate";
import { counts } from "../cluster/quorum";
import { commands } from "../cluster/words";

/** A manager to back up, or why there is none. */
export type BackupChoice = { readonly name: string } | { readonly refused: string };

/**
 * The manager whose Docker engine is stopped for seconds: never the leader, and only while the others are a majority without
 * it.
 *
 * @param interrupt whether a swarm with one manager may be without it for seconds
 */
export function chooseManager(
  stack: string,
  {
    matches,
    voters,
    quorum: { counting, managers },
    reachable,
  }: Pick<Evaluation, "matches" | "voters" | "quorum" | "reachable">,
  interrupt: boolean,
): BackupChoice {
  if (!reachable) {
    return {
      refused: `No manager can list the nodes of the swarm, so there is nothing to back up safely. ${commands(stack).status}`,
    };
  }
  const ours = matches.flatMap(({ desired: { role, name }, node }) =>
    role === "manager" && node !== undefined && counts(node) ? [{ name, leader: node.leader }] : [],
  );
  if (managers === 1) {
    const [only] = ours;
    if (only === undefined) return { refused: `The only manager is none of the stack's. ${commands(stack).status}` };
    if (interrupt) return { name: only.name };
    return {
      refused:
        `${only.name} is the only manager: while its Docker engine is stopped, for some seconds, nothing in the swarm can be ` +
        `changed. Applications run on. To accept that: npm run backup -- ${stack} --interrupt`,
    };
  }
  if (counting - 1 < majority(managers)) {
    return {
      refused:
        `Only ${counting} of ${managers} managers are Ready and Reachable: with one of them stopped, ` +
        `${counting - 1} would be left, and the majority is ${majority(managers)}. Repair them first: ${commands(stack).repair}`,
    };
  }
  const followers = ours.filter(({ leader }) => !leader && voters.length > 0).map(({ name }) => name);
  const [name] = followers.sort();
  return name === undefined
    ? { refused: `No manager but the leader is Ready and Reachable. ${commands(stack).repair}` }
    : { name };
}
