/** Whether Pulumi has a place for the states of stacks that aren't local. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Whether a backend is chosen: by PULUMI_BACKEND_URL, by a token, or by a log-in. Source: pulumi/pulumi
 * sdk/go/common/workspace/creds.go, `credentials.json`, key `current`.
 */
export function hasState(env: NodeJS.ProcessEnv): boolean {
  if (isSet(env["PULUMI_BACKEND_URL"]) || isSet(env["PULUMI_ACCESS_TOKEN"])) return true;
  const folder = env["PULUMI_CREDENTIALS_PATH"] ?? env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  try {
    const { current } = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as { current?: unknown };
    return typeof current === "string" && current !== "";
  } catch {
    return false;
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
