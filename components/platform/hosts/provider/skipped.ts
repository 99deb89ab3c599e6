import { appendFileSync } from "node:fs";

/** Names the file that gets the names of skipped hosts, one a line. Set by `npm run destroy`. */
export const SKIPPED_FILE = "SWARM_HA_SKIPPED_FILE";

/** Set to 1 by a person: hosts behind a bastion that is gone for good are skipped, too. */
export const SKIP_UNREACHABLE = "SWARM_HA_SKIP_UNREACHABLE";

/** Whether hosts are skipped although only their bastion can't be reached. */
export function skipsUnreachable(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[SKIP_UNREACHABLE] === "1";
}

/** Notes for `npm run destroy` that a host wasn't cleaned. */
export function noteSkipped(host: string, env: NodeJS.ProcessEnv = process.env): void {
  const file = env[SKIPPED_FILE];
  if (file !== undefined && file !== "") appendFileSync(file, `${host}\n`);
}
