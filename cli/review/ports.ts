import { doorsOf, type Door } from "../../policy/doors";
import type { Planned } from "../../policy/planned";
import { worldDoors } from "../../policy/world";
import { byName } from "./machines";
import type { Change } from "./preview";

/** Ways in that an update opens and closes. */
export interface PortsReview {
  readonly opened: readonly Door[];
  readonly closed: readonly Door[];
  /** Those opened that let the world in, by themselves or with others, where only administrators belong. */
  readonly world: readonly Door[];
}

/** Compares all ways in before and after: a rule that is made anew with the same ends opens nothing. */
export function reviewPorts(changes: readonly Change[]): PortsReview {
  const before = doorsBy(changes.map((change) => change.before));
  const after = doorsBy(changes.map((change) => change.after));
  const opened = [...after].filter(([key]) => !before.has(key)).map(([, door]) => door);
  const closed = [...before].filter(([key]) => !after.has(key)).map(([, door]) => door);
  const world = worldDoors([...after.values()]).filter((door) => opened.includes(door));
  return { opened: opened.sort(inOrder), closed: closed.sort(inOrder), world: world.sort(inOrder) };
}

function doorsBy(resources: readonly (Planned | undefined)[]): Map<string, Door> {
  const doors = resources.flatMap((resource) => (resource === undefined ? [] : doorsOf(resource)));
  return new Map(doors.map((door) => [JSON.stringify([door.from, door.to, door.protocol, door.port]), door]));
}

function inOrder(a: Door, b: Door): number {
  return byName(`${a.to} ${a.port} ${a.protocol} ${a.from}`, `${b.to} ${b.port} ${b.protocol} ${b.from}`);
}
