import { list } from "../../../cluster/words";
import type { HealAction, HealPlan } from "./plan";

/** What is wrong with hosts or the network, for `status`. */
export interface Finding {
  /** The hosts that it is about; empty for the network. */
  readonly hosts: readonly string[];
  readonly text: string;
  /** Whether it can be brought back without a loss; else it has to be replaced. */
  readonly kept: boolean;
}

/** A plan's findings. The caller adds the remedy. Pure. */
export function findingsOf({ actions, gone }: HealPlan): Finding[] {
  const lost = gone.map(({ name }) => name);
  const [have, their] = lost.length === 1 ? ["was", "its"] : ["were", "their"];
  return [
    ...byKind(actions).flatMap(([kind, some]) => {
      const hosts = some.flatMap((action) => ("instance" in action ? [action.instance.name] : []));
      const text = describe(kind, some);
      return text === undefined ? [] : [{ hosts, text, kept: true }];
    }),
    ...(lost.length === 0
      ? []
      : [{ hosts: lost, kept: false, text: `${list(lost)} ${have} removed with ${their} Docker engine's data` }]),
  ];
}

function describe(kind: HealAction["kind"], some: readonly HealAction[]): string | undefined {
  const names = list(some.flatMap((action) => ("instance" in action ? [action.instance.name] : [])));
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

/** What was done. */
export function doneText(actions: readonly HealAction[]): string[] {
  return byKind(actions).map(([kind, some]) => {
    const names = list(some.flatMap((action) => ("instance" in action ? [action.instance.name] : [])));
    switch (kind) {
      case "network":
        return "Recreated the stack's Docker network.";
      case "restore":
        return `Recreated containers on the surviving data: ${names}.`;
      case "rename":
        return `Renamed containers back: ${names}.`;
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
