/** Random sequences of faults and commands. Pure: a seed gives the same sequence again. */
import { HOST_FAULTS, hostsOf, type Command, type Fault, type Round, type Shape } from "./model";
import { Random } from "./random";

/** Seconds by which a clock is set. The swarm's certificates are valid from an hour before they are issued, for 90 days. */
const CLOCK_STEPS = [-86_400, -7200, -1200, 1200, 7200, 86_400] as const;

/** Rounds, as the seed has them. */
export function sequenceOf(seed: number, rounds: number, shape: Shape): Round[] {
  const random = new Random(seed);
  return Array.from({ length: rounds }, () => roundOf(random, shape));
}

/** One or two faults, never of two managers; in some rounds, the majority of the managers at once, or zones cut off. */
function roundOf(random: Random, shape: Shape): Round {
  const faults = faultsOf(random, shape);
  const command = random.percent(50) ? commandOf(random, shape) : undefined;
  return { faults, ...(command === undefined ? {} : { command }) };
}

function faultsOf(random: Random, shape: Shape): Fault[] {
  if (random.percent(12)) return majorityFaults(random, shape);
  const faults = random.percent(15) ? zoneFaults(random, shape) : someFaults(random, shape);
  if (random.percent(20)) {
    faults.push({ kind: random.pick(["stop-beside", "remove-beside"] as const), host: random.pick(shape.beside) });
  }
  const [registry] = shape.registries;
  const free = (host: string): boolean =>
    !faults.some((fault) => fault.kind !== "zones" && hostsOf(fault, shape).includes(host));
  if (registry !== undefined && free(registry) && random.percent(15)) {
    faults.push({ kind: random.pick(["storage-gone", "storage-full"] as const), host: registry });
  }
  return faults;
}

function majorityFaults(random: Random, { managers }: Shape): Fault[] {
  const kinds = ["kill", "stop", "pause", "remove", "lose", "stop-engine", "hang-engine"] as const;
  const hit = random.some(managers, Math.floor(managers.length / 2) + 1);
  return hit.map((host) => ({ kind: random.pick(kinds), host }));
}

/** A zone that is cut off from another one or from all others. Each zone has a manager, so no manager has a fault besides. */
function zoneFaults(random: Random, { zones, registries, workers }: Shape): Fault[] {
  const [one = "", ...others] = random.some(Object.keys(zones), Object.keys(zones).length);
  const rest = random.percent(50) ? others : others.slice(0, 1);
  const both = random.percent(50);
  const faults: Fault[] = [
    !both && random.percent(50)
      ? { kind: "zones", from: rest, to: [one], both }
      : { kind: "zones", from: [one], to: rest, both },
  ];
  if (random.percent(40)) faults.push(hostFault(random, random.pick([...registries, ...workers])));
  return faults;
}

function someFaults(random: Random, { managers, registries, workers }: Shape): Fault[] {
  const others = [...registries, ...workers];
  const count = 1 + random.below(2);
  const manager = random.percent(60) ? [random.pick(managers)] : [];
  const hit = [...manager, ...random.some(others, count - manager.length)];
  const faults = hit.map((host) => hostFault(random, host));
  if (random.percent(20)) {
    // With one manager down, the two others must reach each other: they are the majority.
    const free =
      manager.length === 0
        ? managers
        : random.some(
            managers.filter((host) => !hit.includes(host)),
            1,
          );
    const [from = "", to = ""] = random.some([...free, ...others.filter((host) => !hit.includes(host))], 2);
    if (to !== "") faults.push({ kind: "partition", from, to, both: random.percent(50) });
  }
  return faults;
}

function hostFault(random: Random, host: string): Fault {
  const kind = random.pick([...HOST_FAULTS, "clock"] as const);
  return kind === "clock" ? { kind, host, seconds: random.pick(CLOCK_STEPS) } : { kind, host };
}

function commandOf(random: Random, { managers, registries, workers }: Shape): Command {
  const name = random.pick(["repair", "up", "replace", "upgrade"] as const);
  const host = random.pick([...managers, ...registries, ...workers]);
  // A whole upgrade takes longer than all the rest of a round.
  if (name === "upgrade") return { name, killedAfter: 5 + random.below(90) };
  return {
    name,
    ...(name === "replace" ? { host } : {}),
    ...(random.percent(50) ? { killedAfter: 3 + random.below(25) } : {}),
  };
}
