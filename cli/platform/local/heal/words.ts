import { list } from "../../../cluster/words";
import type { HealAction, HealPlan } from "./plan";

/** What is wrong with a machine or the network, for `status`. */
export interface Finding {
  /** The machines that it is about; empty for the network. */
  readonly hosts: readonly string[];
  readonly text: string;
  /** Whether it can be brought back as it was; else only a new machine can take its place. */
  readonly kept: boolean;
}

/** Every finding of a plan, in words: who is in which state. The remedy is the caller's. Pure. */
export function findingsOf({ actions, gone }: HealPlan): Finding[] {
  const lost = gone.map(({ name }) => name);
  const [have, their] = lost.length === 1 ? ["was", "its"] : ["were", "their"];
  return [
    ...byKind(actions).flatMap(([kind, some]) => {
      const hosts = some.flatMap((action) => ("machine" in action ? [action.machine.name] : []));
      const text = describe(kind, some);
      return text === undefined ? [] : [{ hosts, text, kept: true }];
    }),
    ...(lost.length === 0
      ? []
      : [{ hosts: lost, kept: false, text: `${list(lost)} ${have} removed with ${their} engine's data` }]),
  ];
}

function describe(kind: HealAction["kind"], some: readonly HealAction[]): string | undefined {
  const names = list(some.flatMap((action) => ("machine" in action ? [action.machine.name] : [])));
  const one = some.length === 1;
  const [container, is] = one ? ["container", "is"] : ["containers", "are"];
  switch (kind) {
    case "network":
      return "The stack's Docker network is gone: no stopped container can start";
    case "restore":
      return `The ${container} of ${names} ${one ? "was" : "were"} removed; the data ${is} still there`;
    case "rename":
      return `The ${container} of ${names} ${one ? "has another name" : "have other names"}`;
    case "connect":
      return `The ${container} of ${names} ${is} not on the stack's network with the right address`;
    case "resume":
      return `The ${container} of ${names} ${is} paused`;
    case "start":
      return `The ${container} of ${names} ${is} stopped`;
  }
}

/** What was done, for people. */
export function doneText(actions: readonly HealAction[]): string[] {
  return byKind(actions).map(([kind, some]) => {
    const names = list(some.flatMap((action) => ("machine" in action ? [action.machine.name] : [])));
    switch (kind) {
      case "network":
        return "Made the stack's Docker network again.";
      case "restore":
        return `Made new containers on the surviving data: ${names}.`;
      case "rename":
        return `Gave containers their names back: ${names}.`;
      case "connect":
        return `Connected to the stack's network: ${names}.`;
      case "resume":
        return `Resumed paused containers: ${names}.`;
      case "start":
        return `Started stopped containers: ${names}.`;
    }
  });
}

function byKind(actions: readonly HealAction[]): [HealAction["kind"], HealAction[]][] {
  const kinds = [...new Set(actions.map(({ kind }) => kind))];
  return kinds.map((kind) => [kind, actions.filter((action) => action.kind === kind)]);
}
