import { dataIn, protectedTypes } from "../../policy/data";
import { byKind, type NamedChanges } from "./by-kind";
import { willBeThere, type ReviewedInstance } from "./instances";
import type { Change } from "./preview";

/** What an update does to data, keys and certificates, which can't be recreated. */
export interface StateReview {
  /** Data and keys that are deleted: one sentence each. */
  readonly lost: readonly string[];
  /** Resources that lose their protection: a later update may delete them. */
  readonly unprotected: readonly string[];
  /** New data that nothing protects: destroying the stack deletes it. */
  readonly loose: readonly { readonly name: string; readonly content: string }[];
  /** Private keys, without their values. */
  readonly keys: NamedChanges;
  readonly certificates: NamedChanges;
}

const KEY = "tls:index/privateKey:PrivateKey";
const CERTIFICATES = ["tls:index/locallySignedCert:LocallySignedCert", "tls:index/selfSignedCert:SelfSignedCert"];
/** Names of the SSH host keys and of the servers' keys: they are removed with their instance. */
const KEY_OF_INSTANCE = /^(?:ssh-host-(?<host>.+)|server-(?<server>.+)-key)$/;
/** The key that the backups' generated password comes from: components/backup-store.ts. */
const BACKUP_KEY = "backup-key";

/** Data, protection and keys. A key that is removed with its instance is no loss. */
export function reviewState(changes: readonly Change[], instances: readonly ReviewedInstance[]): StateReview {
  const living = new Set(instances.filter(willBeThere).map(({ name }) => name));
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
    return [`${name} is ${kind}, which deletes ${content}`];
  });
}

/** Private keys are only in the state. */
function lostKeys(changes: readonly Change[], living: ReadonlySet<string>): string[] {
  return changes.flatMap(({ name, type, kind }) => {
    if (type !== KEY || (kind !== "removed" && kind !== "replaced")) return [];
    const { host, server } = KEY_OF_INSTANCE.exec(name)?.groups ?? {};
    const owner = host ?? server;
    if (kind === "removed" && owner !== undefined && !living.has(owner)) return [];
    const loss =
      name === BACKUP_KEY
        ? "backups can then only be read with a copy of their password"
        : "clients that trust it must be updated";
    return [`the private key ${name} is ${kind}: ${loss}`];
  });
}
