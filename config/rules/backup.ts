import type { Known } from "../known";
import { keyText, type Problem } from "../problem";

/** Backups need a place that outlives the hosts. */
export function backupProblems({ backup, platform, facts }: Known): Problem[] {
  if (backup === undefined || backup.repository !== undefined || facts === undefined) return [];
  if (facts.backupFolder !== undefined) return [];
  return [
    {
      key: keyText(["backup", "repository"]),
      got: "nothing",
      allowed: `on ${platform ?? ""}, a repository outside of the stack`,
      fix: "write one such as s3:https://s3.eu-central-1.amazonaws.com/my-backups/prod, and give the bastion access: credentials, or its role",
    },
  ];
}
