/** What an upgrade finds, and which hosts go next. Pure. */
import { isNewer, isVersion, majorsAhead } from "../../plan/engine-version";
import { LABELS } from "../../plan/labels";
import type { Evaluation } from "../cluster/evaluate";
import { describeCuts } from "../cluster/host-facts";
import type { Match } from "../cluster/match";
import type { Problem } from "../cluster/model";
import { guard, restartGuard } from "../cluster/quorum";
import { size } from "../cluster/registry-storage";
import { commands, list } from "../cluster/words";
import type { EngineUpgrade } from "../platform/types";
import { cutsIn, type Asked } from "./before-replace";
import type { AllSystems } from "./in-place";
import { nextManager, nextOthers, obstacles } from "./plan-replace";

/** Room that Docker's packages, the system's updates and their downloads need. A kernel with its modules takes 0.3 GiB. */
const NEEDED_KIB = 1024 * 1024;

/** What was asked for. */
export interface Wish extends EngineUpgrade {
  /** Whether the system's updates are installed too, and hosts that need it reboot. */
  readonly reboot: boolean;
  /** Whether major versions may be left out. */
  readonly skipMajor: boolean;
  /** Whether tasks may wait for a node. */
  readonly force: boolean;
}

/** The hosts by what has to be done. */
export interface Standing {
  /** To be upgraded, or to be put back into service. */
  readonly due: readonly string[];
  /** To be upgraded, and dead: they stay pending. */
  readonly dead: readonly string[];
}

/** A host's Docker engine as its node reported it last; empty when there is no such node. */
export function engineOf(evaluation: Evaluation, host: string): string {
  return evaluation.matches.find(({ desired }) => desired.name === host)?.node?.engine ?? "";
}

/**
 * Which hosts are due.
 *
 * A host that isn't back from its upgrade is neither due nor dead, so its problem stops the upgrade. So does one that has
 * the wanted Docker engine and is dead: that may be the reason.
 *
 * @param done hosts that this run has upgraded
 */
export function standingOf(
  { matches }: Evaluation,
  { version, way, reboot }: Pick<Wish, "version" | "way" | "reboot">,
  systems: AllSystems,
  done: readonly string[],
): Standing {
  const due: string[] = [];
  const dead: string[] = [];
  for (const { desired, node } of matches) {
    if (node === undefined) continue;
    const { name } = desired;
    const unfinished = way === "in place" && LABELS.before in node.labels;
    const old = !isVersion(node.engine, version);
    if (node.state !== "ready") {
      if (!done.includes(name) && !unfinished && (old || reboot)) dead.push(name);
    } else if (old || unfinished || (reboot && !done.includes(name) && wantsReboot(systems, name))) {
      due.push(name);
    }
  }
  return { due, dead };
}

/** Whether a host has updates of its system to install, or asks for a reboot. */
export function wantsReboot(systems: AllSystems, host: string): boolean {
  const system = systems[host];
  return system?.reached === true && (system.restart || system.updates > 0);
}

/** Problems that stop an upgrade: as for a replacement, and full disks. */
export function upgradeObstacles(problems: readonly Problem[], { due, dead }: Standing): Problem[] {
  const found = obstacles(problems, new Set([...due, ...dead]));
  return problems.filter((problem) => problem.kind === "disk" || found.includes(problem));
}

/** Why these hosts can't get the wanted version. @returns undefined when they can */
export function versionRefusal(
  evaluation: Evaluation,
  { due, dead }: Standing,
  { version, key, skipMajor }: Pick<Wish, "version" | "key" | "skipMajor">,
  skipCommand: string,
): string | undefined {
  const found = [...due, ...dead].map((host) => ({ host, engine: engineOf(evaluation, host) }));
  const where = (all: typeof found): string => list(all.map(({ host, engine }) => `${host} (${engine || "unknown"})`));
  const unknown = found.filter(({ engine }) => majorsAhead(engine, version) === undefined);
  if (unknown.length > 0) return `The version of the Docker engine is unknown on ${where(unknown)}.`;
  const newer = found.filter(({ engine }) => isNewer(engine, version));
  if (newer.length > 0) {
    return (
      `${where(newer)} would get an older Docker engine: ${key} is ${version}. An older one may not read what a newer one has ` +
      `written. Set ${key} to the newest version that a host has, or to a later one.`
    );
  }
  const far = found.filter(({ engine }) => (majorsAhead(engine, version) ?? 0) > 1);
  if (far.length === 0 || skipMajor) return undefined;
  return (
    `Docker engine ${version} is more than one major version ahead of ${where(far)}. Read the release notes of those between ` +
    `(docs.docker.com/engine/release-notes), or set ${key} to one of them first. To go there at once: ${skipCommand}`
  );
}

/** Why hosts can't be upgraded in place. @returns undefined when they can */
export function systemRefusal(
  due: readonly string[],
  systems: AllSystems,
  { version, key }: Pick<Wish, "version" | "key">,
): string | undefined {
  const lines = due.flatMap((host) => {
    const system = systems[host];
    if (system === undefined) return [];
    if (!system.reached) return [`${host} can't be asked for its packages: ${system.seen}`];
    return [
      ...(system.offered ? [] : [`${host}: no package repository has Docker engine ${version} (${key})`]),
      ...(system.freeKib >= NEEDED_KIB
        ? []
        : [`${host} has ${size(system.freeKib)} of free disk, and ${size(NEEDED_KIB)} are needed`]),
    ];
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** Why tasks, or a manager's successor, would have no place. @returns undefined when they have */
export function placeRefusal(
  stack: string,
  evaluation: Evaluation,
  asked: Asked,
  { way, force }: Pick<Wish, "way" | "force">,
  forceCommand: string,
): string | undefined {
  const cuts = way === "replace" ? cutsIn(evaluation, asked) : [];
  if (cuts.length > 0) {
    return `${describeCuts(cuts)}. A manager's successor has the same address and couldn't join. Fix the network between them first.`;
  }
  const full = Object.entries(asked.withoutRoom);
  if (full.length === 0 || force) return undefined;
  const spare =
    way === "replace"
      ? [`To upgrade a worker while a spare one has its tasks: ${commands(stack).replace} <worker> --surge`]
      : [];
  return [
    `Tasks of ${list(full.map(([host]) => host))} have no room elsewhere.`,
    ...full.flatMap(([host, texts]) => texts.map((text) => `  - ${host}: ${text}`)),
    ...spare,
    `To let these tasks wait until their host is back: ${forceCommand}`,
  ].join("\n");
}

/** What can be upgraded, in this order, and what can't. */
interface Order {
  /** Hosts that are upgraded at the same time. */
  readonly batches: readonly (readonly string[])[];
  /** Managers that have to stay, and why. @default all can go */
  readonly stays?: string;
}

/**
 * The order: registry nodes and workers in batches as for a replacement, then managers one at a time, the leader last. Dead
 * hosts of a pool make its batches smaller. Where the quorum needs a manager, all managers that are left stay.
 */
export function orderOf(evaluation: Evaluation, { due, dead }: Standing, { way }: Pick<Wish, "way">): Order {
  const poolOf = (host: string): string | undefined =>
    evaluation.matches.find(({ desired }) => desired.name === host)?.desired.pool;
  const todo = new Set(due);
  const batches: string[][] = [];
  const take = (names: readonly string[]): void => {
    batches.push([...names]);
    for (const name of names) todo.delete(name);
  };
  for (let batch = nextOthers(todo, evaluation); batch.length > 0; batch = nextOthers(todo, evaluation)) {
    const away = dead.filter((host) => poolOf(host) === poolOf(batch[0] ?? "")).length;
    take(batch.slice(0, Math.max(1, batch.length - away)));
  }
  for (let next = nextManager(todo, evaluation); next !== undefined; next = nextManager(todo, evaluation)) {
    const reason = stayReason(next, evaluation, way);
    if (reason !== undefined) return { batches, stays: `${list([...todo])} can't go now: ${reason}` };
    take([next.desired.name]);
  }
  return { batches };
}

function stayReason({ desired, node }: Match, { voters, matches }: Evaluation, way: Wish["way"]): string | undefined {
  const id = node?.id ?? "";
  if (way === "in place") return restartGuard(voters, id);
  // The steps of a replacement wait for all other wanted managers (scripts/lib/quorum.sh).
  const sick = matches.filter(
    (one) => one.desired.role === "manager" && one.desired.name !== desired.name && one.node?.state !== "ready",
  );
  if (sick.length > 0) return `${list(sick.map((one) => one.desired.name))} first has to be Ready`;
  return guard(voters, id);
}
