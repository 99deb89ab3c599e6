import type { DesiredNode } from "../../components/outputs";
import type { NodeChange } from "./docker-api";
import type { Evaluation } from "./evaluate";
import { counts, desiredAvailability, desiredLabels, IDENTITY_LABEL, missingLabels, votes } from "./labels";
import type { Match } from "./match";
import type { Desired, ProblemKind } from "./model";
import { guard, majority, type Voter } from "./quorum";
import { nameOf } from "./deployment";
import { LOST_MAJORITY } from "./words";

/** A machine as the platform has it. */
export interface MachineState {
  /** Name in the stack. */
  readonly name: string;
  /** Physical id, which is a host's identity. */
  readonly id: string;
  readonly running: boolean;
}

/** One step of a repair, smallest first to last in what it can break. */
export type RepairStep =
  /** Makes machines again: the operator, load balancers, one manager, or any number of dead workers and registry nodes. */
  | { readonly kind: "replace"; readonly names: readonly string[]; readonly why: string }
  /** Ends what an interrupted `up` began. `redo`: steps of the state that it does over. */
  | {
      readonly kind: "up";
      readonly names: readonly string[];
      readonly why: string;
      readonly redo?: readonly string[];
    }
  /** Removes a dead node that nobody wants. */
  | {
      readonly kind: "ghost";
      readonly names: readonly string[];
      readonly nodeId: string;
      readonly manager: boolean;
      readonly why: string;
    }
  /** Sets a node's role, availability and labels right. */
  | {
      readonly kind: "settings";
      readonly names: readonly string[];
      readonly nodeId: string;
      readonly change: NodeChange;
      readonly why: string;
    };

/** What a repair has to know. */
export interface RepairInput {
  readonly desired: Desired;
  readonly evaluation: Evaluation;
  /** All machines that the platform has for the stack. @default the platform can't tell */
  readonly machines?: readonly MachineState[];
  /** Operator and load balancers that the state has: they have to be there, too. */
  readonly others: readonly string[];
  /** Keys of steps that were tried in vain; they aren't tried again. See {@link stepKey}. */
  readonly tried: ReadonlySet<string>;
}

/** What is to be done. */
export interface RepairPlan {
  readonly steps: readonly RepairStep[];
  /** Why nothing more than `steps` may be done. @default there is no such reason */
  readonly refused?: string;
  /** What stays broken, and why. */
  readonly left: readonly string[];
}

/** What tells one step from another. */
export function stepKey(step: RepairStep): string {
  return `${step.kind} ${"nodeId" in step ? step.nodeId : step.names.join(" ")}`;
}

/**
 * What to do next, in this order: operator, load balancers, an interrupted `up`, dead leftovers, managers one by one,
 * all other dead hosts together, settings. It is asked again after every step, with what is the case then.
 *
 * No step takes more than one manager away, and none takes one away that the majority needs.
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

  const refused = refusal(evaluation, desired);
  if (refused !== undefined) return { steps, refused, left };

  const unfinished = desired.unfinished ?? [];
  if (unfinished.length > 0) add({ kind: "up", names: unfinished, why: "the last up didn't end" });

  const undone = evaluation.problems.flatMap(({ redo }) => redo ?? []);
  if (undone.length > 0) {
    const redo = [...new Set(undone)];
    add({ kind: "up", names: redo.map(nameOf), why: "what it deployed is gone", redo });
  }

  // What takes more than an `up`, the status says.
  const due = evaluation.problems.filter(({ kind, byHand }) => isDue(kind) && byHand !== true);
  if (due.length > 0) {
    const names = due.flatMap(({ hosts }) => hosts);
    add({ kind: "up", names: [...new Set(names)], why: "new certificates are due" });
  }

  let voters = evaluation.voters;
  const takeAway = (name: string, counting: boolean): string | undefined => {
    const reason = guard(voters, name, counting);
    if (reason === undefined) voters = without(voters, name, counting);
    return reason;
  };
  for (const ghost of evaluation.ghosts) {
    const manager = ghost.role === "manager" || votes(ghost);
    const why = `a dead node of that name (${ghost.id}) that nobody wants`;
    if (ghost.state === "ready") left.push(`${ghost.hostname}: a node that nobody wants is alive; see the status`);
    else {
      const reason = votes(ghost) ? takeAway(ghost.hostname, counts(ghost)) : undefined;
      if (reason !== undefined) left.push(`${ghost.hostname}: ${reason}`);
      else add({ kind: "ghost", names: [ghost.hostname], nodeId: ghost.id, manager, why });
    }
  }

  const lost = evaluation.matches.flatMap((match) => {
    const why = whyLost(match, input);
    return why === undefined ? [] : [{ match, host: match.desired, why }];
  });
  // A worker that somebody promoted has a vote like any manager.
  const alone = ({ desired: host, node }: Match): boolean =>
    host.role === "manager" || (node !== undefined && votes(node));
  for (const { match, host, why } of lost.filter((one) => alone(one.match))) {
    // One without a vote can go, as long as there is a majority.
    const vote = match.node !== undefined && votes(match.node);
    const reason = takeAway(vote ? host.name : "", match.node !== undefined && counts(match.node));
    if (reason !== undefined) left.push(`${host.name} (${why}): ${reason}`);
    else add({ kind: "replace", names: [host.name], why });
  }
  const dead = lost.filter((one) => !alone(one.match));
  if (dead.length > 0) {
    const each = (): void => {
      for (const { host, why } of dead) add({ kind: "replace", names: [host.name], why });
    };
    const why = dead.map((one) => `${one.host.name}: ${one.why}`).join("; ");
    // Together they are quickest; if that fails, each by itself, so that one can't hold up the others.
    if (dead.length === 1) each();
    else add({ kind: "replace", names: dead.map((one) => one.host.name), why }, each);
  }

  const busy = new Set(lost.map((one) => one.host.name));
  for (const match of evaluation.matches.filter((one) => !busy.has(one.desired.name))) {
    const step = settingsStep(match);
    if (step === undefined) continue;
    const demoted =
      step.change.role === "worker" && match.node !== undefined && votes(match.node) ? match.node : undefined;
    const reason = demoted === undefined ? undefined : takeAway(match.desired.name, counts(demoted));
    if (reason !== undefined) left.push(`${match.desired.name}: ${reason}`);
    else add(step);
  }
  return { steps, left };
}

function isDue(kind: ProblemKind): boolean {
  return kind === "certificate" || kind === "renewal";
}

function otherSteps({ evaluation, machines, others }: RepairInput): RepairStep[] {
  const missing = (name: string): boolean =>
    machines?.find((machine) => machine.name === name)?.running === false ||
    (machines !== undefined && !machines.some((machine) => machine.name === name));
  const steps: RepairStep[] = [];
  const mute = evaluation.problems.some((problem) => problem.kind === "operator");
  if (mute || (others.includes("operator") && missing("operator"))) {
    steps.push({ kind: "replace", names: ["operator"], why: mute ? "it can't be reached" : "its machine is gone" });
  }
  const balancers = others.filter((name) => name !== "operator" && missing(name));
  if (balancers.length > 0) steps.push({ kind: "replace", names: balancers, why: "the machine is gone" });
  return steps;
}

function refusal({ reachable, quorum, problems }: Evaluation, desired: Desired): string | undefined {
  const managers = desired.nodes.filter((node) => node.role === "manager").length;
  const explain =
    `A swarm without a majority (${majority(managers)} of ${managers} managers) can't be changed, and replacing a manager ` +
    `now would destroy what the others still know. The way back: ${LOST_MAJORITY}`;
  if (!reachable) {
    const seen = problems.find((problem) => problem.kind === "unreachable")?.text ?? "no manager could be asked";
    return `No manager can say who is in the swarm. ${explain}\nSeen last: ${seen}`;
  }
  if (quorum.margin < 0) {
    return `Only ${quorum.counting} of ${quorum.managers} managers count (Ready and Reachable). ${explain}`;
  }
  return undefined;
}

/** Why a host has to be made again; nothing when it needn't. */
function whyLost({ desired, node }: Match, { machines, evaluation }: RepairInput): string | undefined {
  if (machines !== undefined) {
    const machine = machines.find((one) => one.name === desired.name);
    if (machine === undefined) return "its machine is gone";
    if (!machine.running) return "its machine can't be started";
    if (desired.identity !== "" && machine.id !== desired.identity)
      return "its machine is another one than the stack's";
  }
  if (evaluation.problems.some((problem) => problem.kind === "swarm" && problem.hosts.includes(desired.name))) {
    return "it is in another swarm";
  }
  if (node === undefined) return "it isn't in the swarm";
  if (node.state !== "ready") return `its node is ${node.state}`;
  if (desired.role === "manager" && node.role === "manager" && !counts(node)) return "as a manager it isn't reachable";
  const identity = node.labels[IDENTITY_LABEL] ?? "";
  if (identity !== "" && desired.identity !== "" && identity !== desired.identity) {
    return "its node runs on another machine than the stack's";
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

function without(voters: readonly Voter[], name: string, counting: boolean): Voter[] {
  const index = voters.findIndex((voter) => voter.name === name && voter.counts === counting);
  return voters.filter((_, i) => i !== index);
}
