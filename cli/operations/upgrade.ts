/**
 * Upgrades the hosts' Docker engine to the version that the configuration names: registry nodes and workers in small batches,
 * managers one at a time, the leader last, and the cluster healthy in between. The first failure ends it. A host that is
 * dead already stays as it is, and the others go on. Where the platform's hosts are replaced for that, it is a replacement;
 * elsewhere a host gets other packages, between a drain and its return into service (in-place.ts).
 *
 * Which hosts are due is told by the versions that the nodes report, so a run that ended early is continued by running it
 * again. What is decided: plan-upgrade.ts.
 */
import { isVersion } from "../../plan/engine-version";
import type { Evaluation } from "../cluster/evaluate";
import { urnOf, type LiveStack } from "../cluster/stack";
import { commands, list } from "../cluster/words";
import { again } from "../terminal/arguments";
import { UserError } from "../terminal/errors";
import { askBefore, lossBefore, wholeContainers, type Asked } from "./before-replace";
import type { UpgradableCluster } from "./cluster";
import type { AllSystems, HostToUpgrade } from "./in-place";
import type { Loss, Operation, Past, Plan, Step } from "./operation";
import {
  engineOf,
  orderOf,
  placeRefusal,
  standingOf,
  systemRefusal,
  upgradeObstacles,
  versionRefusal,
  wantsReboot,
  type Standing,
  type Wish,
} from "./plan-upgrade";

/** Seconds for the cluster to become healthy after a step. */
const SETTLE_LIMIT = 180;
/** Seconds before the first one: an election takes up to 21, a start of a host or its notice by load balancers about as long. */
const FIRST_LIMIT = 60;

/** What is to be upgraded. */
export interface Upgrade extends Wish {
  /** The command's flags as they were given, such as `--force`. */
  readonly given: readonly string[];
}

/** What an upgrade goes by. */
export interface UpgradeSeen extends Standing {
  readonly stack: LiveStack;
  readonly evaluation: Evaluation;
  /** What hosts answered before the first one; empty where they are replaced. */
  readonly systems: AllSystems;
  /** What was asked before the first one. @default nothing was asked, because no host is due or others are unhealthy */
  readonly asked?: Asked;
}

/** The upgrade of a stack. */
export function upgrade(cluster: UpgradableCluster, { given, ...wish }: Upgrade): Operation<UpgradeSeen, Step> {
  const name = cluster.stack;
  if (wish.reboot && wish.way === "replace") {
    throw new UserError(
      `--reboot: the hosts of the stack ${name} are containers and have no system to restart. ` +
        `A newer host image comes with: ${commands(name).replace} --all`,
    );
  }
  return {
    name: "upgrade",
    exclusive: true,
    stack: name,
    title: `upgrade of the stack ${name} to Docker engine ${wish.version}`,
    prepare: wholeContainers(cluster),
    async observe(moment, past) {
      if (moment.kind === "end") return moment.before;
      const before = moment.kind === "start" ? undefined : moment.before;
      const done = doneOf(past);
      const stack = await cluster.read();
      let systems = before?.systems ?? {};
      const standing = (seen: Evaluation): Standing => standingOf(seen, wish, systems, done);
      const clear = (seen: Evaluation): boolean => upgradeObstacles(seen.problems, standing(seen)).length === 0;
      const evaluation = await cluster.wait("Waiting until the cluster is healthy", "5 to 20 s", stack, {
        limit: moment.kind === "start" ? FIRST_LIMIT : moment.step.limit,
        deep: true,
        disks: moment.kind === "start",
        // At first, a host that has just been started may still be on its way.
        enough: (seen) => clear(seen) && (moment.kind !== "start" || standing(seen).dead.length === 0),
      });
      if (before === undefined && wish.way === "in place" && clear(evaluation)) {
        const alive = evaluation.matches.flatMap(({ desired, node }) =>
          node?.state === "ready" ? [desired.name] : [],
        );
        // For the version alone, only those without it.
        systems = await cluster.systems(stack, wish.reboot ? alive : standing(evaluation).due, wish.version);
      }
      const now = standing(evaluation);
      const asks = before?.asked === undefined && now.due.length > 0 && clear(evaluation);
      const asked = asks ? await askBefore(cluster, stack, evaluation, now.due) : before?.asked;
      return { stack, evaluation, systems, ...now, ...(asked === undefined ? {} : { asked }) };
    },
    plan: (seen, past) => planUpgrade(cluster, wish, given, seen, past),
    settled: (seen) =>
      seen.due.length === 0 && seen.dead.length === 0 && upgradeObstacles(seen.evaluation.problems, seen).length === 0,
    onFailure: "stop",
  };
}

/** Hosts that this run has upgraded. */
function doneOf(past: readonly Past<Step>[]): string[] {
  return past.flatMap(({ step, outcome }) => (outcome === "done" ? step.hosts : []));
}

function planUpgrade(
  cluster: UpgradableCluster,
  wish: Wish,
  given: readonly string[],
  seen: UpgradeSeen,
  past: readonly Past<Step>[],
): Plan<Step> {
  const { evaluation, systems, asked, due, dead } = seen;
  const name = cluster.stack;
  const commandWith = (...flags: string[]): string => again(commands(name).upgrade, given, ...flags);
  const done = doneOf(past);
  const refuse = (why: string): Plan<Step> => ({
    steps: [],
    left: [],
    refused: done.length === 0 ? `Nothing was upgraded. ${why}` : why,
  });

  const found = upgradeObstacles(evaluation.problems, seen);
  if (found.length > 0) {
    const next = due.length === 0 ? "" : ` Fix that, then run: ${commandWith()}`;
    return refuse(
      `The rest of the cluster is unhealthy.${next}\n${found.map((problem) => `  - ${problem.text}`).join("\n")}`,
    );
  }
  const same = due.filter((host) => done.includes(host));
  if (same.length > 0) {
    const engines = same.map((host) => `${host} (${engineOf(evaluation, host)})`);
    return refuse(
      `After the upgrade the Docker engine isn't ${wish.version} on ${list(engines)}. ` +
        `Its packages may have another version than their name says: see docs/versions.md.`,
    );
  }
  const refusal =
    versionRefusal(evaluation, seen, wish, commandWith("--skip-major")) ??
    systemRefusal(due, systems, wish) ??
    (asked === undefined || done.length > 0
      ? undefined
      : placeRefusal(name, evaluation, asked, wish, commandWith("--force")));
  if (refusal !== undefined) return refuse(refusal);

  const { batches, stays } = orderOf(evaluation, seen, wish);
  const steps = batches.map((hosts) => upgradeStep(cluster, wish, seen, hosts, commandWith()));
  const left = [
    ...(dead.length === 0
      ? []
      : [
          `${list(dead)} ${dead.length === 1 ? "is" : "are"} dead. First: ${commands(name).repair}; then: ${commandWith()}`,
        ]),
    ...(stays === undefined ? [] : [stays]),
  ];
  const loses =
    asked !== undefined && done.length === 0 && wish.way === "replace"
      ? lossOf(name, evaluation, asked, wish, commandWith("--yes"))
      : undefined;
  return { steps, left, ...(loses && { loses }) };
}

/** The same as a replacement loses, in this command's words. */
function lossOf(
  stack: string,
  evaluation: Evaluation,
  asked: Asked,
  { version }: Wish,
  command: string,
): Loss | undefined {
  const loss = lossBefore(stack, evaluation, asked, { given: [] });
  if (loss === undefined) return undefined;
  const question = `The upgrade to Docker engine ${version} replaces hosts, which loses ${loss.what}`;
  return { what: loss.what, question, declined: `Nothing was upgraded. ${question}. To accept that: ${command}` };
}

function upgradeStep(
  cluster: UpgradableCluster,
  wish: Wish,
  seen: UpgradeSeen,
  hosts: readonly string[],
  next: string,
): Step {
  const { stack, asked, dead } = seen;
  const inPlace = wish.way === "in place";
  const full = Object.keys(asked?.withoutRoom ?? {});
  return {
    key: `upgrade ${hosts.join(" ")}`,
    title: wish.reboot ? `Updating ${list(hosts)}` : `Upgrading ${list(hosts)}`,
    usually: inPlace ? "1 to 4 min" : "20 to 60 s",
    hosts,
    limit: SETTLE_LIMIT,
    failed: `${list(hosts)} could not be upgraded. Fix that, then run: ${next}`,
    async run() {
      // The steps on the bastion read both when they drain a node. They count for a limited time.
      if (wish.force && full.length > 0) await cluster.acceptGaps(stack, full);
      if (dead.length > 0) await cluster.acceptAbsence(stack, dead);
      if (!inPlace) return cluster.up(hosts.map((host) => urnOf(stack, host)));
      return cluster.upgradeInPlace(stack, toUpgrade(seen, wish, hosts));
    },
  };
}

function toUpgrade({ evaluation, systems }: UpgradeSeen, wish: Wish, hosts: readonly string[]): HostToUpgrade[] {
  return evaluation.matches.flatMap(({ desired: { name, role }, node }): HostToUpgrade[] => {
    if (node === undefined || !hosts.includes(name)) return [];
    const host = { name, role, nodeId: node.id, reboot: wish.reboot && wantsReboot(systems, name) };
    // One that was left drained by a killed run has the version already.
    return [isVersion(node.engine, wish.version) ? host : { ...host, version: wish.version }];
  });
}
