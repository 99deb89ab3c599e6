import { LABELS } from "../../plan/labels";
import type { DesiredNode } from "../../components/outputs";
import type { NodeChange } from "../cluster/docker-api";
import type { Evaluation } from "../cluster/evaluate";
import { hasExpired, isOtherKey, type AllFacts } from "../cluster/host-facts";
import { CONTAINERS } from "./host-traits";
import { byPerson, engineSteps, lockedHosts, nextRung, otherKeyText, unlockStep } from "./ladder";
import { desiredAvailability, desiredLabels, missingLabels } from "../cluster/labels";
import type { Match } from "../cluster/match";
import type { Desired, ProblemKind } from "../cluster/model";
import { majority } from "../../plan/quorum";
import { counts, guard, restartGuard, votes } from "../cluster/quorum";
import { nameOf } from "../cluster/deployment";
import { commands, giveKey, list } from "../cluster/words";
import type { HostTraits, PlatformInstance } from "../platform/types";
import { goesAlone } from "./plan-replace";

/** One step of a repair. */
export type RepairStep = {
  /** Hosts, bastion, load balancers, or steps of the state. */
  readonly names: readonly string[];
  /** What is wrong, in words. */
  readonly why: string;
} &
  /** Starts or restarts a host's Docker engine. */
  (
    | { readonly kind: "engine"; readonly action: "start" | "restart" }
    /** Unlocks managers. */
    | { readonly kind: "unlock" }
    /**
     * Lets a host leave its swarm and join again, with its volumes and images. `nodeId`: its former node, if that has a vote:
     * it goes first.
     */
    | { readonly kind: "rejoin"; readonly nodeId?: string }
    /**
     * Replaces the bastion, load balancers, one manager, or any number of dead workers and registry nodes. `loses`: the data
     * that is lost by it.
     */
    | { readonly kind: "replace"; readonly loses?: string }
    /** Finishes what an interrupted `up` began. `redo`: URNs of steps that it runs again. */
    | { readonly kind: "up"; readonly redo?: readonly string[] }
    /** Removes a stale node. */
    | { readonly kind: "stale-node"; readonly nodeId: string }
    /** Corrects a node's role, availability and labels. */
    | { readonly kind: "settings"; readonly nodeId: string; readonly change: NodeChange }
  );

/** What a repair is planned from. */
export interface RepairInput {
  readonly desired: Desired;
  readonly evaluation: Evaluation;
  /** All instances of the stack that the platform lists. @default the platform can't list them */
  readonly instances?: readonly PlatformInstance[];
  /** Whether `replace` can put another machine in a host's place. @default true */
  readonly createsHosts?: boolean;
  /** See {@link HostTraits}. @default those of containers */
  readonly hostTraits?: HostTraits;
  /** Bastion and load balancers in the state: they must exist, too. */
  readonly others: readonly string[];
  /** The hosts' own reports. @default they weren't asked */
  readonly facts?: AllFacts;
  /** Keys of steps that were tried already; they aren't tried again. See {@link stepKey}. */
  readonly tried: ReadonlySet<string>;
}

/** The plan of a repair. */
export interface RepairPlan {
  readonly steps: readonly RepairStep[];
  /** Why nothing more than `steps` may be done. @default there is no such reason */
  readonly refused?: string;
  /** What stays broken, and why. */
  readonly left: readonly string[];
}

/** Identifies a step: two steps with the same key do the same. */
export function stepKey(step: RepairStep): string {
  const what = step.kind === "engine" ? step.action : step.kind;
  return `${what} ${step.kind === "stale-node" || step.kind === "settings" ? step.nodeId : step.names.join(" ")}`;
}

/**
 * What to do next, in this order: bastion, load balancers, Docker engines that don't run, an interrupted `up`, stale nodes,
 * managers one by one, other hosts, settings. Every host climbs a ladder (ladder.ts), and only hosts at its end are
 * replaced. It is planned again after each step, from the evaluation of that moment.
 *
 * No step removes more than one manager, and none removes a manager that the majority needs.
 */
export function planRepair(input: RepairInput): RepairPlan {
  const { evaluation, desired, tried } = input;
  const left: string[] = [];
  const steps: RepairStep[] = [];
  const add = (step: RepairStep, instead?: () => void): void => {
    if (!tried.has(stepKey(step))) steps.push(step);
    else if (instead === undefined) left.push(`${step.names.join(", ")}: ${step.why}`);
    else instead();
  };
  for (const step of otherSteps(input)) add(step);
  const mute = evaluation.problems.find(({ kind }) => kind === "bastion");
  // The step that takes its new key is planned where the stack file has that already.
  const renewed = input.instances?.some(({ gone }) => gone !== undefined) === true;
  if (input.createsHosts === false && mute !== undefined && !(isOtherKey(mute.text) && renewed && steps.length > 0))
    left.push(
      isOtherKey(mute.text)
        ? otherKeyText(["the bastion"], desired.stack, commands(desired.stack).up)
        : byPerson("the bastion"),
    );

  const facts = input.facts ?? {};
  for (const step of engineSteps(desired.nodes, facts)) if (!tried.has(stepKey(step))) steps.push(step);
  // Without a majority, too, where it brings the majority back.
  const locked = lockedHosts(desired.nodes, facts).filter((name) => !tried.has(stepKey(unlockStep([name]))));
  if (locked.length > 0 && mayElect(input)) steps.push(unlockStep(locked));

  const refused = refusal(evaluation, desired, facts);
  if (refused !== undefined) return { steps, refused, left };

  const unfinished = desired.unfinished ?? [];
  if (unfinished.length > 0) add({ kind: "up", names: unfinished, why: "the last up didn't finish" });

  const undone = evaluation.problems.flatMap(({ redo }) => redo ?? []);
  if (undone.length > 0) {
    const redo = [...new Set(undone)];
    add({ kind: "up", names: redo.map(nameOf), why: "what it deployed or set has changed", redo });
  }

  // An `up` doesn't renew the user's own certificates; `status` explains what to do.
  const due = evaluation.problems.filter(({ kind, byHand }) => isDue(kind) && byHand !== true);
  if (due.length > 0) {
    const names = due.flatMap(({ hosts }) => hosts);
    add({ kind: "up", names: [...new Set(names)], why: "new certificates are due" });
  }

  let voters = evaluation.voters;
  const takeAway = (id: string): string | undefined => {
    const reason = guard(voters, id);
    if (reason === undefined) voters = voters.filter((voter) => voter.id !== id);
    return reason;
  };
  for (const stale of evaluation.staleNodes) {
    const why = `a stale node (${stale.id})`;
    if (stale.state === "ready")
      left.push(`${stale.hostname}: a node that the stack doesn't have is alive; see the status`);
    else {
      const reason = takeAway(stale.id);
      if (reason !== undefined) left.push(`${stale.hostname}: ${reason}`);
      else add({ kind: "stale-node", names: [stale.hostname], nodeId: stale.id, why });
    }
  }

  const lost = evaluation.matches.flatMap((match) => {
    const why = whyLost(match, input);
    return why === undefined ? [] : [{ match, host: match.desired, why }];
  });
  const isTried = (step: RepairStep): boolean => tried.has(stepKey(step));
  for (const one of lost.filter(({ match }) => goesAlone(match))) {
    const { match, host, why } = one;
    const rung = nextRung({ ...one, input, isTried });
    if ("left" in rung) left.push(`${host.name}: ${rung.left}`);
    else if (rung.step.kind === "replace" || rung.step.kind === "rejoin") {
      const reason = takeAway(match.node?.id ?? "");
      if (reason !== undefined) left.push(`${host.name} (${why}): ${reason}`);
      else steps.push(rung.step);
    } else addOnce(steps, rung.step);
  }
  const others = lost.filter(({ match }) => !goesAlone(match));
  // One `up` for all is the quickest. If it fails, each host gets its own, so that one can't block the others.
  const dead = others.flatMap((one) => {
    const rung = nextRung({ ...one, input, isTried: () => false });
    return "step" in rung && rung.step.kind === "replace" ? [{ ...one, loses: rung.step.loses }] : [];
  });
  const batch = batchOf(dead);
  const together = batch !== undefined && !isTried(batch);
  if (together) steps.push(batch);
  for (const one of others) {
    if (together && dead.some(({ host }) => host === one.host)) continue;
    const rung = nextRung({ ...one, input, isTried });
    if ("left" in rung) left.push(`${one.host.name}: ${rung.left}`);
    else addOnce(steps, rung.step);
  }

  for (const name of evaluation.problems.filter(({ kind }) => kind === "api").flatMap(({ hosts }) => hosts)) {
    // A start changes nothing that runs, and brings back what doesn't, such as HAProxy. The status names what is left.
    const start: RepairStep = { kind: "engine", action: "start", names: [name], why: "its API doesn't answer" };
    if (!isTried(start)) {
      addOnce(steps, start);
      continue;
    }
    // It manages the swarm, but has reported an error since its Docker engine restarted the swarm's part by itself, until that is
    // restarted as a whole (moby, daemon/cluster/noderunner.go: cancelReconnect stays set).
    const own = facts[name];
    const restart: RepairStep = { kind: "engine", action: "restart", names: [name], why: "its swarm state is error" };
    if (own?.reached !== true || own.state !== "error" || isTried(restart)) continue;
    const id = evaluation.matches.find(({ desired: { name: other } }) => other === name)?.node?.id;
    const reason = id === undefined ? undefined : restartGuard(voters, id);
    if (reason !== undefined) {
      left.push(`${name}: ${reason}`);
      continue;
    }
    addOnce(steps, restart);
    voters = voters.map((voter) => (voter.id === id ? { ...voter, reachability: "unreachable" } : voter));
  }

  const busy = new Set(lost.map((one) => one.host.name));
  for (const match of evaluation.matches.filter((one) => !busy.has(one.desired.name))) {
    const step = settingsStep(match);
    if (step === undefined) continue;
    const demoted =
      step.change.role === "worker" && match.node !== undefined && votes(match.node) ? match.node : undefined;
    const reason = demoted === undefined ? undefined : takeAway(demoted.id);
    if (reason !== undefined) left.push(`${match.desired.name}: ${reason}`);
    else add(step);
  }
  return { steps, left };
}

/**
 * Whether the managers have a leader, or may elect one once all locked ones are unlocked. Else none is unlocked: its Docker engine
 * would wait for the others for ever, and can't be stopped meanwhile (measured on 26.1.5: moby's UnlockSwarm holds the lock that
 * its shutdown needs), which a recovery has to do.
 */
function mayElect({ evaluation, desired, facts = {} }: Pick<RepairInput, "evaluation" | "desired" | "facts">): boolean {
  if (evaluation.reachable && evaluation.quorum.margin >= 0) return true;
  const managers = desired.nodes.filter(({ role }) => role === "manager");
  const able = managers.filter(({ name }) => {
    const own = facts[name];
    return own?.reached === true && own.answers && own.state !== "inactive" && !hasExpired(own);
  });
  return able.length >= majority(managers.length);
}

/** The replacement of several hosts in one `up`; nothing for fewer than two. */
function batchOf(
  dead: readonly { readonly host: DesiredNode; readonly why: string; readonly loses: string | undefined }[],
): RepairStep | undefined {
  if (dead.length < 2) return undefined;
  const losses = dead.flatMap(({ loses }) => loses ?? []);
  return {
    kind: "replace",
    names: dead.map(({ host }) => host.name),
    why: dead.map(({ host, why }) => `${host.name}: ${why}`).join("; "),
    ...(losses.length === 0 ? {} : { loses: list(losses) }),
  };
}

function addOnce(steps: RepairStep[], step: RepairStep): void {
  const isIn = (one: RepairStep): boolean =>
    stepKey(one) === stepKey(step) ||
    (one.kind === "unlock" && step.kind === "unlock" && step.names.every((name) => one.names.includes(name)));
  if (!steps.some(isIn)) steps.push(step);
}

function isDue(kind: ProblemKind): boolean {
  return kind === "certificate" || kind === "renewal";
}

function otherSteps({
  evaluation,
  instances,
  others,
  createsHosts,
  hostTraits = CONTAINERS,
}: RepairInput): RepairStep[] {
  const why = (name: string): string | undefined => {
    const found = instances?.find((instance) => instance.name === name);
    if (instances === undefined) return undefined;
    return found?.running === true ? found.gone : hostTraits.missing;
  };
  const steps: RepairStep[] = [];
  const mute = createsHosts !== false && evaluation.problems.some((problem) => problem.kind === "bastion");
  const bastion = mute ? "it can't be reached" : others.includes("bastion") ? why("bastion") : undefined;
  if (bastion !== undefined) steps.push({ kind: "replace", names: ["bastion"], why: bastion });
  const balancers = others.filter((name) => name !== "bastion" && why(name) !== undefined);
  const [first = ""] = balancers;
  if (balancers.length > 0) steps.push({ kind: "replace", names: balancers, why: why(first) ?? "" });
  return steps;
}

function refusal(evaluation: Evaluation, desired: Desired, facts: AllFacts): string | undefined {
  const { reachable, quorum, problems } = evaluation;
  const managers = desired.nodes.filter((node) => node.role === "manager").length;
  const locked = lockedHosts(desired.nodes, facts);
  const unlock =
    locked.length === 0
      ? ""
      : mayElect({ evaluation, desired, facts })
        ? `${list(locked)} ${locked.length === 1 ? "is" : "are"} locked (autolock), and no known key fits. ` +
          `If you have it: ${giveKey(commands(desired.stack).repair)}. `
        : `${list(locked)} ${locked.length === 1 ? "is" : "are"} locked (autolock), and would be no majority without the lost managers. `;
  const explain =
    `${unlock}A swarm without a majority (${majority(managers)} of ${managers} managers) can't be changed, and replacing a manager ` +
    `now would destroy the state that the others still have. To recover: ${commands(desired.stack).recover}`;
  if (!reachable) {
    const seen = problems.find((problem) => problem.kind === "unreachable")?.text ?? "no manager could be asked";
    return `No manager can list the nodes of the swarm. ${explain}\nSeen last: ${seen}`;
  }
  if (quorum.margin < 0) {
    return `Only ${quorum.counting} of ${quorum.managers} managers count (Ready and Reachable). ${explain}`;
  }
  return undefined;
}

/** Why a host needs repair; nothing when it doesn't. */
function whyLost(
  { desired, node }: Match,
  { instances, evaluation, facts, hostTraits = CONTAINERS }: RepairInput,
): string | undefined {
  if (instances !== undefined) {
    const instance = instances.find((one) => one.name === desired.name);
    if (instance === undefined) return hostTraits.missing;
    if (instance.gone !== undefined) return instance.gone;
    if (!instance.running) return hostTraits.stopped;
    if (desired.identity !== "" && instance.id !== desired.identity) return hostTraits.another;
  }
  const own = facts?.[desired.name];
  if (own?.reached === true && !own.service) return "its Docker engine is stopped";
  if (evaluation.problems.some((problem) => problem.kind === "swarm" && problem.hosts.includes(desired.name))) {
    return "it is in another swarm";
  }
  if (node === undefined) return "it isn't in the swarm";
  if (node.state !== "ready") return `its node is ${node.state}`;
  if (desired.role === "manager" && node.role === "manager" && !counts(node)) return "as a manager it isn't reachable";
  const identity = node.labels[LABELS.identity] ?? "";
  if (identity !== "" && desired.identity !== "" && identity !== desired.identity) {
    return "its node belongs to a host that isn't in the stack's state";
  }
  return undefined;
}

function settingsStep({ desired, node }: Match): Extract<RepairStep, { kind: "settings" }> | undefined {
  if (node === undefined) return undefined;
  const labels = missingLabels(labelsToSet(desired), node.labels);
  const availability = desiredAvailability(desired);
  const role = desired.role === "manager" ? "manager" : "worker";
  const change: NodeChange = {
    ...(node.role === role ? {} : { role }),
    ...(node.availability === availability ? {} : { availability }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
  const what = Object.keys(change);
  if (what.length === 0) return undefined;
  return { kind: "settings", names: [desired.name], nodeId: node.id, change, why: `wrong ${what.join(", ")}` };
}

/** An identity that isn't known can't be set. */
function labelsToSet(desired: DesiredNode): Record<string, string> {
  return Object.fromEntries(Object.entries(desiredLabels(desired)).filter(([, value]) => value !== ""));
}
