import { majority, tolerance } from "../../plan/quorum";
import { losses, names } from "./words";
import { wasThere, willBeThere, type ReviewedHost } from "./instances";

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

/** The quorum before, meanwhile and after. The quorum guard makes sure that managers are removed and replaced one at a time. */
export function reviewManagers(hosts: readonly ReviewedHost[]): ManagersReview {
  const managers = hosts.filter(({ role }) => role === "manager");
  const named = (kind: string): string[] => managers.filter((one) => one.kind === kind).map(({ name }) => name);
  const before = managers.filter(wasThere).length;
  const after = managers.filter(willBeThere).length;
  const [added, removed, replaced] = [named("added"), named("removed"), named("replaced")];
  const sentences = [
    ...(before === 0 && after > 0 ? [`creates a swarm of ${after}: tolerates ${losses(tolerance(after))}`] : []),
    ...replaced.map((name) => replacement(name, before)),
    ...(before > 0 && added.length > 0 ? [growth(added, before)] : []),
    ...(removed.length > 0 ? [shrinkage(removed, before + added.length)] : []),
  ];
  return { before, after, replaced, sentences, risks: risks(managers, before, after) };
}

function replacement(name: string, all: number): string {
  if (all === 1) return `replaces ${name}, the only manager: the swarm and its state are lost`;
  return `replaces ${name}: quorum ${all} → ${all - 1} → ${all}, tolerates ${losses(tolerance(all - 1))} meanwhile`;
}

function growth(added: readonly string[], before: number): string {
  const path = Array.from({ length: added.length + 1 }, (_, i) => before + i);
  return `adds ${names(added)}: quorum ${path.join(" → ")}, ${tolerates(path)}`;
}

function shrinkage(removed: readonly string[], before: number): string {
  const path = Array.from({ length: removed.length + 1 }, (_, i) => before - i);
  if (path.at(-1) === 0) return `removes ${names(removed)}: no manager is left, and the swarm is lost`;
  return `removes ${names(removed)}: quorum ${path.join(" → ")}, ${tolerates(path)}`;
}

/** How many losses the managers tolerate while their number changes one by one, and at the end. */
function tolerates(path: readonly number[]): string {
  const meanwhile = Math.min(...path.slice(0, -1).map(tolerance));
  return `tolerates ${losses(meanwhile)} meanwhile and ${tolerance(path.at(-1) ?? 0)} afterwards`;
}

function risks(managers: readonly ReviewedHost[], before: number, after: number): string[] {
  if (before === 0 && after === 0) return [];
  if (after === 0) return ["no manager is left: the swarm is lost"];
  const lone = before === 1 && managers.some(({ kind }) => kind === "replaced");
  const stay = managers.filter((one) => wasThere(one) && willBeThere(one)).length;
  return [
    ...(lone ? ["the only manager is replaced: no manager keeps the swarm's state"] : []),
    ...(before > 0 && stay === 0 ? ["every manager is replaced or removed: no manager keeps the swarm's state"] : []),
    ...(before >= 3 && after < 3 ? [`${after} of ${before} managers stay: the loss of one ends the swarm`] : []),
    ...(after % 2 === 0 ? [`${after} managers survive no more losses than ${after - 1}`] : []),
    ...zoneRisks(managers.filter(willBeThere)),
  ];
}

/** Zones whose loss loses the quorum. With fewer than three managers, that is no question of zones. */
function zoneRisks(managers: readonly ReviewedHost[]): string[] {
  if (managers.length < 3) return [];
  const zones = [...new Set(managers.map(({ zone }) => zone))].sort();
  return zones.flatMap((zone) => {
    const inZone = managers.filter((manager) => manager.zone === zone).length;
    const left = managers.length - inZone;
    if (left >= majority(managers.length)) return [];
    return [`${inZone} of ${managers.length} managers are in ${zone}: the loss of that zone loses the quorum`];
  });
}
