/** Backups that a stack stores in a bucket of its own, which a destroy takes with it. Pure. */
import { nameOf, resourcesOf, type Deployment } from "./deployment";

/** Names of the bucket and of the key that the repository's password is derived from (components/backup-store.ts). */
const BUCKET = "backup-storage";
const KEY = "backup-key";
const KEY_TYPE = "tls:index/privateKey:PrivateKey";

/** What a destroy does to the backups, and how to keep them; undefined when the stack has no bucket of its own for them. */
export function ownBackupsText(stack: string, deployment: Deployment): string | undefined {
  const found = resourcesOf(deployment).filter(
    ({ urn, type }) =>
      (nameOf(urn) === BUCKET && type.endsWith(":Bucket")) || (nameOf(urn) === KEY && type === KEY_TYPE),
  );
  const bucket = found.find(({ urn }) => nameOf(urn) === BUCKET);
  const key = found.find(({ urn }) => nameOf(urn) === KEY);
  if (bucket === undefined && key === undefined) return undefined;
  const id = bucket?.id ?? "";
  return [
    bucket === undefined ? "" : `The stack's backups are in its own bucket ${BUCKET}${id === "" ? "" : ` (${id})`}. `,
    key === undefined ? "" : `Their password is derived from ${KEY}: without it nobody can read them. `,
    `To keep them, first store the output of: npm run -s pulumi -- stack output backup --show-secrets --stack ${stack}`,
    bucket === undefined
      ? "."
      : `; and copy the bucket: aws s3 sync s3://${id === "" ? BUCKET : id} s3://<another bucket>.`,
  ].join("");
}
