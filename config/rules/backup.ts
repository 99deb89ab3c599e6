import type { Known } from "../known";
import { keyText, type Problem } from "../problem";

/** Backups need a place that outlives the hosts, and a password that outlives the place's stack. */
export function backupProblems(known: Known): Problem[] {
  if (known.backup === undefined || known.facts === undefined) return [];
  return [...placeProblems(known), ...passwordProblems(known)];
}

function placeProblems({ backup, platform, facts }: Known): Problem[] {
  if (backup?.repository !== undefined || facts?.backupFolder !== undefined || facts?.backupBucket === true) return [];
  return [
    {
      key: keyText(["backup", "repository"]),
      got: "nothing",
      allowed: `on ${platform ?? ""}, a repository outside of the stack`,
      fix: "write one such as s3:https://s3.eu-central-1.amazonaws.com/my-backups/prod, and give the bastion access: credentials, or its role",
    },
  ];
}

/**
 * Only a bucket of the stack's own ends with the state that has the generated password. That is its only password: another one
 * would delete the generated one, and with it all access to the backups that are there.
 */
function passwordProblems({ backup, facts }: Known): Problem[] {
  const ownBucket = backup?.repository === undefined && facts?.backupBucket === true;
  if (ownBucket && backup?.password !== undefined) {
    return [
      {
        key: keyText(["backup", "password"]),
        got: "a password without a repository",
        allowed: "nothing: backups in the stack's own bucket are encrypted with a generated password (output backup)",
        fix: "remove it: npm run pulumi -- config rm --path swarm-ha:backup.password; or set swarm-ha:backup.repository, too",
      },
    ];
  }
  if (ownBucket || backup?.password !== undefined) return [];
  return [
    {
      key: keyText(["backup", "password"]),
      got: "nothing",
      allowed:
        "a text of 12 to 200 characters: these backups outlive the stack, so a generated password would be lost before them",
      fix: 'set it with: npm run pulumi -- config set --secret --path swarm-ha:backup.password "$(openssl rand -base64 24)"',
    },
  ];
}
