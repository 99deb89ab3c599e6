import { isWorld } from "../config/world";
import { PUBLIC_PORTS, type Door } from "./doors";

/** Of some doors those that let the world in where only administrators belong, by themselves or together with others. */
export function worldDoors<T extends Door>(doors: readonly T[]): T[] {
  const narrow = doors.filter(({ port }) => !PUBLIC_PORTS.includes(port));
  // What several spans of ports share begins where one of them begins.
  const crowds = narrow.map((door) => narrow.filter((other) => reaches(other, door)));
  const found = new Set(crowds.filter((crowd) => isWorld(crowd.map(({ from }) => from))).flat());
  return narrow.filter((door) => found.has(door));
}

/** Whether a door leads, besides others, to where another one begins. */
function reaches(door: Door, other: Door): boolean {
  const [first, last] = span(door.port);
  const [at] = span(other.port);
  return door.to === other.to && [other.protocol, "all"].includes(door.protocol) && first <= at && at <= last;
}

/** First and last port. One that isn't known yet may be any. */
function span(port: string): readonly [number, number] {
  const [first = 0, last = first] = port.split("-").map(Number);
  return Number.isNaN(first) ? [0, 65_535] : [first, last];
}
