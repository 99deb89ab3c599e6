import { LABELS } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";
import type { Evaluation } from "../cluster/evaluate";
import {
  cutsOf,
  describeCuts,
  hasExpired,
  isNetworkCut,
  isOtherKey,
  witnesses,
  type AllFacts,
  type Cut,
  type HostFacts,
} from "../cluster/host-facts";
import { votes } from "../cluster/quorum";
import type { Match } from "../cluster/match";
import type { RepairInput, RepairStep } from "./plan-repair";
import type { HostTraits, PlatformInstance } from "../platform/types";
import { CONTAINERS } from "./host-traits";
import { commands, giveKey, list } from "../cluster/words";

/** What the next rung is chosen from. */
export interface Climb {
  readonly input: Pick<RepairInput, "desired" | "instances" | "facts" | "createsHosts" | "hostTraits"> & {
    readonly evaluation: Pick<Evaluation, "problems" | "pinned">;
  };
  readonly match: Match;
  /** What is wrong with the host, in words. */
  readonly why: string;
  /** Whether this step was tried already. */
  readonly isTried: (step: RepairStep) => boolean;
}

/** The next step for a host, or why there is none. */
export type Rung = { readonly step: RepairStep } | { readonly left: string };

/**
 * The next rung for a host that isn't in service, the least invasive first: start its Docker engine, unlock it, restart it,
 * let it join again with its data, replace it. Waiting, and starting or resuming containers, come before. Pure.
 *
 * A host is replaced at once only if two checks prove that it is dead: the bastion can't log in, and the managers neither get
 * heartbeats from its node nor reach its address. No rung fixes a network, so a host that others can't reach stays as it is:
 * its replacement would have the same address and couldn't join.
 */
export function nextRung(climb: Climb): Rung {
  const { match, isTried, why } = climb;
  const { instances, facts = {} } = climb.input;
  const { name } = match.desired;
  const own = facts[name];
  const instance = instances?.find((one) => one.name === name);
  if (instances !== undefined && (instance === undefined || instance.gone !== undefined))
    return replacing(climb, undefined);
  if (instance !== undefined && (!instance.running || isOther(instance, match.desired))) return losing(climb);
  if (own?.reached !== true) return unreached(climb, own);

  const restart = engineStep(name, "restart", own.answers ? why : "its Docker engine doesn't answer");
  if (!own.service || !own.answers) {
    const steps = own.service ? [restart] : [engineStep(name, "start", "its Docker engine is stopped"), restart];
    const next = steps.find((step) => !isTried(step));
    return next === undefined ? losing(climb) : { step: next };
  }
  if (own.state === "locked") return unlocking(climb);
  const cuts = networkCuts(name, facts);
  if (cuts.length > 0)
    return {
      left: `${why}, and ${describeCuts(cuts)}. Fix the network between them: a replacement would have the same address`,
    };
  if (match.node?.state === "ready" && match.node.id === own.nodeId && isLabelledOtherwise(match)) {
    const change = { labels: { [LABELS.identity]: match.desired.identity } };
    return { step: { kind: "settings", names: [name], nodeId: own.nodeId, change, why: "wrong identity label" } };
  }
  const rejoin: RepairStep = {
    kind: "rejoin",
    names: [name],
    why: hasExpired(own) ? "its certificate of the swarm has expired" : why,
    // A node without a vote is removed later, when the new one is in service (scripts/node.sh).
    ...(match.node === undefined || !votes(match.node) ? {} : { nodeId: match.node.id }),
  };
  // A restart doesn't help a host that has left the swarm, is in another one, or was off for longer than its certificate was valid.
  const leaves = match.node === undefined || own.state === "inactive" || hasExpired(own);
  const steps = leaves ? [rejoin] : [restart, rejoin];
  const next = steps.find((step) => !isTried(step));
  return next === undefined ? losing(climb) : { step: next };
}

/** Starts Docker engines that don't run, and restarts those that don't answer, on hosts that can be reached. Needs no quorum. */
export function engineSteps(nodes: readonly DesiredNode[], facts: AllFacts): RepairStep[] {
  return nodes.flatMap(({ name }) => {
    const own = facts[name];
    if (own?.reached !== true || (own.service && own.answers)) return [];
    return own.service
      ? engineStep(name, "restart", "its Docker engine doesn't answer")
      : engineStep(name, "start", "its Docker engine is stopped");
  });
}

/** Connections that the network blocks between a host and others whose Docker engines run. */
export function networkCuts(name: string, facts: AllFacts): Cut[] {
  const runs = (other: string): boolean => {
    const one = facts[other];
    return one?.reached === true && one.service;
  };
  return cutsOf(name, facts).filter((cut) => isNetworkCut(cut) && runs(cut.from) && runs(cut.to));
}

function engineStep(name: string, action: "start" | "restart", why: string): RepairStep {
  return { kind: "engine", action, names: [name], why };
}

function unreached(climb: Climb, own: HostFacts | undefined): Rung {
  const { desired, evaluation, facts = {} } = climb.input;
  const { node } = climb.match;
  const { name } = climb.match.desired;
  // Without the bastion, a host that doesn't answer isn't proven dead.
  if (evaluation.problems.some(({ kind }) => kind === "bastion"))
    return { left: "the bastion can't be reached, so it is unknown whether the host is dead" };
  const seen = own?.reached === false ? own.seen : "it was not asked";
  if (climb.input.createsHosts === false && isOtherKey(seen))
    return { left: otherKeyText(["it"], desired.stack, commands(desired.stack).repair) };
  const living = witnesses(name, facts);
  const others = list([...new Set(living.map(({ from }) => from))]);
  if (living.length > 0 || node?.state === "ready") {
    const proof = living.length > 0 ? `${others} can` : "the managers hear from it";
    return {
      left:
        `the bastion can't log in to it (${seen}), but ${proof}, so it isn't dead. Fix its sshd or the network. To ` +
        `replace it anyway: ${commands(desired.stack).replace} ${name}`,
    };
  }
  if (climb.input.createsHosts === false) return { left: `${byPerson("it")} (seen last: ${seen})` };
  return losing(climb);
}

/** What stays of a host that exists already and doesn't answer by SSH. @param what the host */
export function byPerson(what: string): string {
  return (
    `${what} doesn't answer by SSH, and only a person can bring it back: check its power, its console and its network. ` +
    "For another machine in its place: set its address and hostKey in the stack file, then run up"
  );
}

/**
 * What stays of hosts that exist already and show other SSH host keys.
 *
 * @param what one host or more
 * @param then the command that takes the new keys
 */
export function otherKeyText(what: readonly string[], stack: string, then: string): string {
  const [show, they] = what.length === 1 ? ["shows", "it was"] : ["show", "they were"];
  return (
    `${list(what)} ${show} another SSH host key than the one that the stack knows: ${they} re-installed, or another machine answers. ` +
    `If that is right: ${commands(stack).trust} --renew, then ${then}`
  );
}

function unlocking({ input, match, isTried }: Climb): Rung {
  const { name } = match.desired;
  const step = unlockStep([name]);
  if (!isTried(step)) return { step };
  return {
    left: `its Docker engine is locked, and no known key fits. If you have it: ${giveKey(commands(input.desired.stack).repair)}`,
  };
}

/** Managers that are locked by their own report. */
export function lockedHosts(nodes: readonly DesiredNode[], facts: AllFacts): string[] {
  return nodes.flatMap(({ name }) => {
    const own = facts[name];
    return own?.reached === true && own.service && own.answers && own.state === "locked" ? [name] : [];
  });
}

/** Unlocks managers, all at once: without a majority, each one waits for the others. */
export function unlockStep(names: readonly string[]): Extract<RepairStep, { kind: "unlock" }> {
  return {
    kind: "unlock",
    names,
    why: names.length === 1 ? "its Docker engine is locked" : "their Docker engines are locked",
  };
}

/** A replacement that loses what is on the host. */
function losing(climb: Climb): Rung {
  const { facts = {}, evaluation, hostTraits } = climb.input;
  const { desired } = climb.match;
  return replacing(climb, lossOf(desired, facts[desired.name], evaluation.pinned[desired.name] ?? [], hostTraits));
}

function replacing({ match, why, isTried }: Climb, loses: string | undefined): Rung {
  const step: RepairStep = {
    kind: "replace",
    names: [match.desired.name],
    why,
    ...(loses === undefined ? {} : { loses }),
  };
  return isTried(step) ? { left: why } : { step };
}

function isOther(instance: PlatformInstance, { identity }: DesiredNode): boolean {
  return identity !== "" && instance.id !== identity;
}

function isLabelledOtherwise({ desired, node }: Match): boolean {
  const label = node?.labels[LABELS.identity] ?? "";
  return label !== "" && label !== desired.identity && desired.identity !== "";
}

/**
 * What is lost with a replaced host: its volumes, unless the platform keeps them, and the services that are pinned to its node's id. Managers run no tasks, and the
 * other managers have the swarm's state, too.
 *
 * @returns undefined when nothing is lost
 */
export function lossOf(
  host: DesiredNode,
  own: HostFacts | undefined,
  pinned: readonly string[],
  { keepsVolumes }: Pick<HostTraits, "keepsVolumes"> = CONTAINERS,
): string | undefined {
  const volumes = keepsVolumes ? undefined : volumesOf(host, own);
  const services =
    pinned.length === 0
      ? undefined
      : `the node of ${pinned.length === 1 ? "the service" : "the services"} ${list(pinned)} (pinned to the id of ${host.name}, a replacement has another)`;
  const losses = [volumes, services].flatMap((one) => one ?? []);
  return losses.length === 0 ? undefined : losses.join(", and ");
}

function volumesOf({ name, role }: DesiredNode, own: HostFacts | undefined): string | undefined {
  if (own?.reached === true && own.answers) {
    if (own.volumes.length === 0) return undefined;
    return `the ${own.volumes.length === 1 ? "volume" : "volumes"} ${list(own.volumes)} on ${name}`;
  }
  return role === "manager"
    ? undefined
    : `all volumes on ${name} (they can't be listed while its Docker engine doesn't answer)`;
}

/** Why a host isn't in service, from its own report; empty without one. */
export function describeHost(name: string, facts: AllFacts): string {
  const own = facts[name];
  if (own === undefined) return "";
  if (!own.reached) {
    const living = [...new Set(witnesses(name, facts).map(({ from }) => from))];
    return `the bastion can't log in to the host (${own.seen})${living.length === 0 ? "" : `, but ${list(living)} can reach it`}`;
  }
  const where = own.via === "bastion" ? "" : ", and the bastion can't log in to it";
  if (!own.service) return `the host runs, its Docker engine is stopped${where}`;
  if (!own.answers) return `the host runs, its Docker engine doesn't answer${where}`;
  const cuts = networkCuts(name, facts);
  if (cuts.length > 0) return describeCuts(cuts);
  if (hasExpired(own))
    return `the host and its Docker engine run, but its certificate of the swarm has expired: it was off for longer than that was valid${where}`;
  return where === ""
    ? "the host and its Docker engine run"
    : "the host and its Docker engine run, but the bastion can't log in to it";
}
