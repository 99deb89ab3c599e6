import { dataIn } from "../../policy/data";
import { byName, willBeThere, type ReviewedMachine } from "./machines";
import type { Change } from "./preview";

/** What an update does to what nobody can make again. */
export interface StateReview {
  /** Data and keys that are deleted: one sentence each. */
  readonly lost: readonly string[];
  /** Resources that anybody may delete from now on: their protection is taken off. */
  readonly unprotected: readonly string[];
  /** Changes of keys and certificates, by what happens; their values are nobody's business. */
  readonly keys: Readonly<Record<"added" | "removed" | "replaced" | "updated", readonly string[]>>;
}

const KEY = "tls:index/privateKey:PrivateKey";
/** Names of the host keys, and of the servers' keys: they go with their machine. */
const KEY_OF_MACHINE = /^(?:ssh-host-(?<host>.+)|server-(?<server>.+)-key)$/;

/** Data, protection and keys. Keys of machines that go are no loss. */
export function reviewState(changes: readonly Change[], machines: readonly ReviewedMachine[]): StateReview {
  const living = new Set(machines.filter(willBeThere).map(({ name }) => name));
  const secrets = changes.filter(({ type }) => type.startsWith("tls:") && !type.startsWith("tls:index/certRequest:"));
  const named = (kind: string): string[] =>
    secrets
      .filter((one) => one.kind === kind)
      .map(({ name }) => name)
      .sort(byName);
  return {
    lost: [...lostData(changes), ...lostKeys(changes, living)],
    unprotected: changes
      .filter(({ before, after }) => before?.protect === true && after?.protect === false)
      .map(({ name }) => name),
    keys: {
      added: named("added"),
      removed: named("removed"),
      replaced: named("replaced"),
      updated: named("updated"),
    },
  };
}

function lostData(changes: readonly Change[]): string[] {
  return changes.flatMap(({ name, type, kind }) => {
    const content = dataIn(type);
    if (content === undefined || (kind !== "removed" && kind !== "replaced")) return [];
    return [`${name} is ${kind}: ${content}`];
  });
}

/** Private keys are in the state alone. */
function lostKeys(changes: readonly Change[], living: ReadonlySet<string>): string[] {
  return changes.flatMap(({ name, type, kind }) => {
    if (type !== KEY || (kind !== "removed" && kind !== "replaced")) return [];
    const { host, server } = KEY_OF_MACHINE.exec(name)?.groups ?? {};
    const owner = host ?? server;
    if (kind === "removed" && owner !== undefined && !living.has(owner)) return [];
    return [`the private key ${name} is ${kind}: who trusts it has to be told`];
  });
}
