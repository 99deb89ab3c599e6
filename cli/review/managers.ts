import { majority, tolerance } from "../../plan/quorum";
import { losses, names } from "./words";
import { wasThere, willBeThere, type ReviewedHost } from "./machines";

/** What an update does to the managers. */
export interface ManagersReview {
  /** How many there are, and how many there will be. */
  readonly before: number;
  readonly after: number;
  /** Names of those that are replaced. */
  readonly replaced: readonly string[];
  /** What happens, and what it does to the quorum: one sentence each. */
  readonly sentences: readonly string[];
  /** What endangers the swarm's state: one sentence each. */
  readonly risks: readonly string[];
}

/** The quorum before, meanwhile and after. Managers are taken away and replaced one at a time: the quorum guard sees to it. */
export function reviewManagers(hosts: readonly ReviewedHost[]): ManagersReview {
  const managers = hosts.filter(({ role }) => role === "manager");
  const named = (kind: string): string[] => managers.filter((one) => one.kind === kind).map(({ name }) => name);
  const before = managers.filter(wasThere).length;
  const after = managers.filter(willBeThere).length;
  const [added, removed, replaced] = [named("added"), named("removed"), named("replaced")];
  const sentences = [
    ...(before === 0 && after > 0 ? [`founds a swarm of ${after}: tolerates ${losses(tolerance(after))}`] : []),
    ...replaced.map((name) => replacement(name, before)),
    ...(before > 0 && added.length > 0 ? [growth(added, before)] : []),
    ...(removed.length > 0 ? [shrinkage(removed, before + added.length)] : []),
  ];
  return { before, after, replaced, sentences, risks: risks(managers, before, after) };
}

function replacement(name: string, all: number): string {
  if (all === 1) return `replaces ${name}, the only manager: the swarm and all that it knows end with it`;
  return `replaces ${name}: quorum ${all} → ${all - 1} → ${all}, tolerates ${losses(tolerance(all - 1))} meanwhile`;
}

function growth(added: readonly string[], before: number): string {
  const path = Array.from({ length: added.length + 1 }, (_, i) => before + i);
  return `adds ${names(added)}: quorum ${path.join(" → ")}, ${tolerates(path)}`;
}

function shrinkage(removed: readonly string[], before: number): string {
  const path = Array.from({ length: removed.length + 1 }, (_, i) => before - i);
  if (path.at(-1) === 0) return `removes ${names(removed)}: no manager is left, and the swarm ends`;
  return `removes ${names(removed)}: quorum ${path.join(" → ")}, ${tolerates(path)}`;
}

/** How many losses a number of managers that changes one by one survives on its way, and at its end. */
function tolerates(path: readonly number[]): string {
  const meanwhile = Math.min(...path.slice(0, -1).map(tolerance));
  return `tolerates ${losses(meanwhile)} meanwhile and ${tolerance(path.at(-1) ?? 0)} afterwards`;
}

function risks(managers: readonly ReviewedHost[], before: number, after: number): string[] {
  if (before === 0 && after === 0) return [];
  if (after === 0) return ["no manager is left: the swarm ends"];
  const lone = before === 1 && managers.some(({ kind }) => kind === "replaced");
  const stay = managers.filter((one) => wasThere(one) && willBeThere(one)).length;
  return [
    ...(lone ? ["the only manager is replaced: nobody is left who knows the swarm"] : []),
    ...(before > 0 && stay === 0 ? ["none of the managers stays: nobody is left who knows the swarm"] : []),
    ...(before >= 3 && after < 3 ? [`${after} of ${before} managers stay: the loss of one ends the swarm`] : []),
    ...(after % 2 === 0 ? [`${after} managers survive no more losses than ${after - 1}`] : []),
    ...zoneRisks(managers.filter(willBeThere)),
  ];
}

/** Zones whose loss takes the majority with it. One manager alone has no majority to lose but itself. */
function zoneRisks(managers: readonly ReviewedHost[]): string[] {
  if (managers.length < 3) return [];
  const zones = [...new Set(managers.map(({ zone }) => zone))].sort();
  return zones.flatMap((zone) => {
    const inZone = managers.filter((manager) => manager.zone === zone).length;
    const left = managers.length - inZone;
    if (left >= majority(managers.length)) return [];
    return [`${inZone} of ${managers.length} managers are in ${zone}: with that zone the quorum is lost`];
  });
}
