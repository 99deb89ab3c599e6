import { isHost } from "../../plan/roles";
import { byName, loadBalancersOf, type ReviewedInstance } from "./instances";
import type { Change, ChangeKind } from "./preview";
import { count } from "./words";

/** More hosts of one pool in one zone than this are drawn as one. */
const MOST_HOSTS = 4;

/**
 * How each change is drawn: with a colour and a sign, because not everybody sees colours. The sign is behind the name: Mermaid
 * 11 takes a label that begins with one for a list, and draws an error instead.
 */
const LOOKS: Readonly<Record<ChangeKind, { readonly sign: string; readonly style: string }>> = {
  added: { sign: " +", style: "fill:#dafbe1,stroke:#1a7f37,color:#0a3069" },
  removed: { sign: " −", style: "fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:5 3" },
  replaced: { sign: " ±", style: "fill:#fff8c5,stroke:#9a6700,color:#4d2d00" },
  updated: { sign: " ~", style: "fill:#ddf4ff,stroke:#0969da,color:#0a3069" },
  unchanged: { sign: "", style: "fill:#f6f8fa,stroke:#8c959f,color:#24292f" },
};

interface Box {
  readonly text: string;
  readonly kind: ChangeKind;
}

/** The topology as a Mermaid flowchart: endpoints, then a box for each zone with its tiers, and what happens to each host. */
export function picture(instances: readonly ReviewedInstance[], changes: readonly Change[]): string {
  const hosts = instances.filter(isHost);
  const zones = [...new Set(hosts.map(({ zone }) => zone))].sort(byName);
  const endpoints: Box[] = [
    ...loadBalancersOf(instances, changes),
    ...instances.filter(({ role }) => role === "bastion"),
  ].map(({ name, kind }) => ({ text: name, kind }));
  const ids = new Ids();
  return [
    "flowchart TB",
    ...(endpoints.length === 0
      ? []
      : ["  subgraph access[endpoints]", "    direction LR", ...endpoints.map((box) => ids.draw(box)), "  end"]),
    ...zones.flatMap((zone, i) => [
      `  subgraph zone${i}["${label(zone)}"]`,
      "    direction TB",
      ...boxesOf(hosts.filter((host) => host.zone === zone)).map((box) => ids.draw(box)),
      "  end",
      ...(endpoints.length === 0 ? [] : [`  access --> zone${i}`]),
    ]),
    ...Object.entries(LOOKS).map(([kind, { style }]) => `  classDef ${kind} ${style}`),
  ].join("\n");
}

/** Numbers the boxes: names may contain Mermaid's keywords. */
class Ids {
  private next = 0;

  public draw({ text, kind }: Box): string {
    return `    n${this.next++}["${label(text)}${LOOKS[kind].sign}"]:::${kind}`;
  }
}

/** Managers, registries, then each pool; many hosts of a pool as one box for each kind of change. */
function boxesOf(hosts: readonly ReviewedInstance[]): Box[] {
  const tiers = ["manager", "registry", "worker"].flatMap((role) => {
    const members = hosts.filter((host) => host.role === role);
    return [...new Set(members.map(({ pool }) => pool))]
      .sort()
      .map((pool) => members.filter((one) => one.pool === pool));
  });
  return tiers.flatMap((members) => {
    if (members.length <= MOST_HOSTS) return members.map(({ name, kind }) => ({ text: name, kind }));
    return Object.keys(LOOKS).flatMap((kind) => {
      const some = members.filter((member) => member.kind === kind);
      const pool = some[0]?.pool ?? "";
      return some.length === 0 ? [] : [{ text: `${count(some.length, "host")} of ${pool}`, kind: kind as ChangeKind }];
    });
  });
}

/** Text inside quotes. */
function label(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._:@/-]/gu, " ");
}
