import { dataIn, protectedTypes } from "../../policy/data";
import { byKind, type NamedChanges } from "./by-kind";
import { willBeThere, type ReviewedMachine } from "./machines";
import type { Change } from "./preview";

/** What an update does to what nobody can make again. */
export interface StateReview {
  /** Data and keys that are deleted: one sentence each. */
  readonly lost: readonly string[];
  /** Resources that anybody may delete from now on: their protection is taken off. */
  readonly unprotected: readonly string[];
  /** New data that nothing protects: destroying the stack deletes it. */
  readonly loose: readonly { readonly name: string; readonly content: string }[];
  /** Private keys; their values are nobody's business. */
  readonly keys: NamedChanges;
  readonly certificates: NamedChanges;
}

const KEY = "tls:index/privateKey:PrivateKey";
const CERTIFICATES = ["tls:index/locallySignedCert:LocallySignedCert", "tls:index/selfSignedCert:SelfSignedCert"];
/** Names of the host keys, and of the servers' keys: they go with their machine. */
const KEY_OF_MACHINE = /^(?:ssh-host-(?<host>.+)|server-(?<server>.+)-key)$/;

/** Data, protection and keys. Keys of machines that go are no loss. */
export function reviewState(changes: readonly Change[], machines: readonly ReviewedMachine[]): StateReview {
  const living = new Set(machines.filter(willBeThere).map(({ name }) => name));
  return {
    lost: [...lostData(changes), ...lostKeys(changes, living)],
    unprotected: changes
      .filter(({ before, after }) => before?.protect === true && after?.protect === false)
      .map(({ name }) => name),
    loose: changes.flatMap(({ name, type, kind, after }) => {
      const content = dataIn(type);
      const isNew = kind === "added" && protectedTypes().includes(type) && after?.protect === false;
      return isNew && content !== undefined ? [{ name, content }] : [];
    }),
    keys: byKind(changes.filter(({ type }) => type === KEY)),
    certificates: byKind(changes.filter(({ type }) => CERTIFICATES.includes(type))),
  };
}

function lostData(changes: readonly Change[]): string[] {
  return changes.flatMap(({ name, type, kind }) => {
    const content = dataIn(type);
    if (content === undefined || (kind !== "removed" && kind !== "replaced")) return [];
    return [`${name} is ${kind}, and with it goes ${content}`];
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
