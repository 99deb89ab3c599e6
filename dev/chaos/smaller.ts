/** Smaller rounds than one that fails, to find the part of it that the failure needs. Pure. */
import type { Fault, Round } from "./model";

/**
 * Parts of a round that may fail as well, the smallest first: without the command, without one of the faults, or with less of
 * a partition.
 */
export function smaller({ faults, command }: Round): Round[] {
  const fewer = faults.map((_, index) => faults.filter((_fault, other) => other !== index));
  const kept = fewer.filter((some) => some.length > 0);
  const parts = faults.flatMap((fault, index) =>
    partsOf(fault).map((part) => faults.map((other, at) => (at === index ? part : other))),
  );
  const rest = command === undefined ? {} : { command };
  return [
    ...(command === undefined ? [] : [...kept, faults].map((some) => ({ faults: some }))),
    ...[...kept, ...parts].map((some) => ({ faults: some, ...rest })),
  ];
}

/** A partition in one direction only, or of fewer zones. */
function partsOf(fault: Fault): Fault[] {
  if (fault.kind !== "partition" && fault.kind !== "zones") return [];
  const { from, to, both } = fault;
  if (fault.kind === "zones" && fault.from.length + fault.to.length > 2) {
    return fault.from.flatMap((one) => fault.to.map((other) => ({ ...fault, from: [one], to: [other] })));
  }
  if (!both) return [];
  const oneWay = { ...fault, both: false };
  return [oneWay, { ...oneWay, from: to, to: from } as Fault];
}
