/** Which host keys a stack file has, and which ones the hosts show. Pure. */
import type { ListedHost } from "../platform/types";
import { fingerprint } from "./host-key";
import type { Change } from "./stack-yaml";

/** A host, and the key that it shows. */
export interface ShownKey {
  readonly host: ListedHost;
  /** `ssh-ed25519 AAAA…`. */
  readonly shown: string;
}

/** Whether the stack file has another key of a host than the one that it shows. */
export function isChanged({ host, shown }: ShownKey): boolean {
  return host.login.hostKey !== "" && !isSame(host.login.hostKey, shown);
}

/** Whether the stack file has the key that a host shows. A comment in it doesn't matter. */
export function isKnown({ host, shown }: ShownKey): boolean {
  return host.login.hostKey !== "" && isSame(host.login.hostKey, shown);
}

function isSame(one: string, other: string): boolean {
  return one.trim().split(/\s+/)[1] === other.trim().split(/\s+/)[1];
}

/** Lines that show keys for a person to compare. */
export function keyLines(keys: readonly ShownKey[]): string[] {
  const width = (column: (one: ShownKey) => string): number => Math.max(0, ...keys.map((one) => column(one).length));
  const name = ({ host }: ShownKey): string => host.name;
  const at = ({ host: { login } }: ShownKey): string => `${login.address}:${String(login.port)}`;
  const [names, addresses] = [width(name), width(at)];
  return keys.flatMap((one) => {
    const line = `  ${name(one).padEnd(names)}  ${at(one).padEnd(addresses)}  ${fingerprint(one.shown)} (ED25519)`;
    if (!isChanged(one)) return [line];
    return [
      line,
      `  ${"".padEnd(names)}  CHANGED: the stack file has ${fingerprint(one.host.login.hostKey)}. Another machine answers, or its keys are new.`,
    ];
  });
}

/** The stack file's changes. */
export function pinning(keys: readonly ShownKey[]): Change[] {
  return keys.flatMap(({ host, shown }) => host.paths.map((path) => ({ path: [...path, "hostKey"], value: shown })));
}
