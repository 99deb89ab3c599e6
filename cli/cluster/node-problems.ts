import { LABELS } from "../../plan/labels";
import { desiredAvailability, desiredLabels, missingLabels } from "./labels";
import { counts } from "./quorum";
import { describeHost } from "../operations/ladder";
import type { Match } from "./match";
import type { Desired, Live, LiveNode, Problem } from "./model";
import { capital, commands, list, since } from "./words";

/** Problems of one wanted host. */
export function nodeProblems(stack: string, { desired, node }: Match, live: Live): Problem[] {
  const { repair, replace } = commands(stack);
  const { name, role } = desired;
  const where = `${name} (${role} in ${desired.zone})`;
  const serious = role === "manager" ? "manager" : "node";
  const seen = lastSeen(name, live);
  const hosts = [name];
  if (node === undefined) {
    return [{ kind: serious, hosts, text: `${where} is not in the swarm${seen}: ${repair}` }];
  }
  if (node.state !== "ready") {
    const why = node.message === "" ? "" : `, "${node.message}"`;
    const text = `${where} is ${capital(node.state)}${since(node.updatedAt, live.now)}${why}${seen}: ${repair}`;
    return [{ kind: serious, hosts, text }];
  }
  const problems: Problem[] = [];
  const add = (kind: Problem["kind"], text: string): void => void problems.push({ kind, hosts, text });
  const wantedRole = role === "manager" ? "manager" : "worker";
  if (node.role !== wantedRole) {
    add("role", `${where} is in the swarm as a ${node.role} instead of a ${wantedRole}: ${repair}`);
  } else if (role === "manager" && !counts(node)) {
    const what = node.reachability === "" ? "without a manager status" : capital(node.reachability);
    // The node's time of change isn't shown: reachability doesn't change it.
    add("manager", `${where} is Ready but ${what}, so it doesn't count for the majority${seen}: ${repair}`);
  } else if (role === "manager" && managerAnswer(name, live) !== "") {
    add(
      "api",
      `${where} is Ready, and the other managers reach it, but its API fails${seen}. Steps use other managers until it answers`,
    );
  }
  const identity = node.labels[LABELS.identity] ?? "";
  if (identity !== "" && identity !== desired.identity) {
    add(
      "identity",
      `${where} has the identity ${short(identity)}, but in the state it is ` +
        `${desired.identity === "" ? "unknown" : short(desired.identity)}: another host answers. ${replace} ${name}`,
    );
  }
  const availability = desiredAvailability(desired);
  if (node.availability !== availability) {
    const effect = role === "manager" ? "tasks may land on a manager" : "no task lands there";
    add(
      "availability",
      `${where} has availability ${capital(node.availability)} instead of ${capital(availability)}, so ${effect}: ${repair}`,
    );
  }
  const labels = Object.keys(missingLabels(desiredLabels(desired), node.labels))
    // Another identity is a problem of its own, above.
    .filter((label) => label !== LABELS.identity || identity === "");
  if (labels.length > 0)
    add("labels", `${where} lacks node label ${list(labels)}, or has another value there: ${repair}`);
  const engine = Object.keys(missingLabels(desired.labels, node.engineLabels));
  if (engine.length > 0) {
    add(
      "labels",
      `${where}'s Docker engine lacks label ${list(engine)}, or has another value there: ${replace} ${name}`,
    );
  }
  return problems;
}

/** What the host and its API answered, where that is a failure. */
function lastSeen(name: string, live: Live): string {
  const told = live.hosts === undefined ? "" : describeHost(name, live.hosts);
  return `${managerAnswer(name, live)}${told === "" ? "" : `; ${told}`}`;
}

function managerAnswer(name: string, { answers }: Live): string {
  const answer = answers.find((one) => one.name === name);
  if (answer === undefined) return "";
  if (!answer.answered) return `; asked directly: ${answer.seen}`;
  if (answer.localState === "locked") return "; its Docker engine is locked";
  if (answer.localState !== "active") return `; its Docker engine's swarm state is "${answer.localState}"`;
  return "error" in answer.nodes ? `; asked directly: ${answer.nodes.error}` : "";
}

/** Stale nodes. */
export function staleNodeProblems(desired: Desired, staleNodes: readonly LiveNode[], now: Date): Problem[] {
  const { repair, docker } = commands(desired.stack);
  return staleNodes.map((stale): Problem => {
    const { id, hostname: name } = stale;
    const wanted = desired.nodes.some((node) => node.name === name);
    const vote = stale.role === "manager" ? " It still counts as a manager, which weakens the majority." : "";
    const what = wanted
      ? `A former node of ${name} (id ${id}) is still in the swarm, ${capital(stale.state)}`
      : `Node ${name} (id ${id}) is in the swarm, ${capital(stale.state)}, but not in the stack`;
    // A live one may be in use: only a person can decide.
    const demote = stale.role === "manager" ? `${docker} node demote ${id} && ` : "";
    const remedy =
      stale.state === "ready"
        ? `If nothing needs it: ${docker} node update --availability drain ${id} && ${demote}${docker} node rm --force ${id}`
        : `Remove it: ${repair}`;
    return {
      kind: "stale-node",
      hosts: [name],
      nodeId: id,
      text: `${what}${since(stale.updatedAt, now)}.${vote} ${remedy}`,
    };
  });
}

function short(identity: string): string {
  return identity.slice(0, 19);
}
