import type { LoadBalancerName } from "../../../../plan/roles";
import { list } from "../../../cluster/words";
import type { Asked } from "./look";
import type { HostReport } from "./report";

/** Something to know about hosts. */
export interface Finding {
  readonly hosts: readonly string[];
  /** `problem`: the `up` would fail, or harm something. `advice`: something that not everybody needs. */
  readonly level: "problem" | "advice";
  /** What was seen, where, and what to do. */
  readonly text: string;
}

/** What the configuration says, as far as hosts are held against it. */
export interface Wanted {
  readonly stack: string;
  readonly engine: { readonly source: "docker" | "debian" | "installed"; readonly version?: string | undefined };
  readonly adopt: boolean;
  /** Tiers by name of the host that forwards their traffic. */
  readonly tiers: Readonly<Record<string, readonly LoadBalancerName[]>>;
  /** Name of the registry's external endpoint. @default hosts need not resolve one */
  readonly registryName?: string;
  /** The folder that the registry hosts share. @default none */
  readonly mount?: string;
  /** Names of all hosts of the inventory. */
  readonly nodes: readonly string[];
}

/** See {@link Finding.level}. */
export function problem(hosts: readonly string[], text: string): Finding {
  return { hosts, level: "problem", text };
}

/** See {@link Finding.level}. */
export function advice(hosts: readonly string[], text: string): Finding {
  return { hosts, level: "advice", text };
}

/** Whether the host is in this stack already, under this name. */
export function isOurs({ marker }: HostReport, { name }: Asked, { stack }: Wanted): boolean {
  return marker?.stack === stack && marker.name === name;
}

/** The first names, and how many more there are. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  return shown.length === names.length
    ? list(shown)
    : `${shown.join(", ")} and ${String(names.length - shown.length)} more`;
}
