/** The swarm's own settings, compared with those of the configuration. */
import { z } from "zod";
import { SWARM_SETTINGS } from "../../plan/stack-names";
import { nameOf, resourcesOf, unwrap, type Deployment } from "./deployment";
import type { DockerCall } from "./docker-api";
import type { Desired, DesiredSettings, LiveSettings, Problem } from "./model";
import { commands } from "./words";

/** What the step that sets them prints (scripts/swarm-settings.sh). */
const printedSchema = z.object({ certificateExpiry: z.number() });

/** `GET /swarm`, as far as it is of interest. Source: Docker Engine API v1.41. */
const swarmSchema = z.object({
  Spec: z.object({ CAConfig: z.object({ NodeCertExpiry: z.number().optional() }).nullish() }),
});

/** An hour in nanoseconds, in which the Docker API has times. */
const HOUR = 3600e9;
/** Docker's default, which the API leaves out. */
const DEFAULT_HOURS = 2160;

/** The settings that a state's step has set; undefined where it has not run yet. Pure. */
export function settingsIn(deployment: Deployment): DesiredSettings | undefined {
  const step = resourcesOf(deployment).find(
    ({ type, urn }) => type === "command:remote:Command" && nameOf(urn) === SWARM_SETTINGS,
  );
  const stdout = unwrap(step?.outputs?.["stdout"]);
  if (step === undefined || typeof stdout !== "string" || stdout === "") return undefined;
  const printed = printedSchema.safeParse(JSON.parse(stdout));
  return printed.success ? { step: step.urn, ...printed.data } : undefined;
}

/** Asks a manager. @throws Error when it can't be asked */
export async function readSettings(call: DockerCall): Promise<LiveSettings> {
  const { CAConfig } = swarmSchema.parse(await call("GET", "/swarm")).Spec;
  const found = CAConfig?.NodeCertExpiry ?? 0;
  return { certificateExpiry: found === 0 ? DEFAULT_HOURS : found / HOUR };
}

/** Settings that somebody has changed by hand. Pure. */
export function settingsProblems(
  { stack, settings }: Desired,
  live: LiveSettings | { readonly error: string } | undefined,
): Problem[] {
  if (settings === undefined || live === undefined || "error" in live) return [];
  if (settings.certificateExpiry === live.certificateExpiry) return [];
  const text =
    `The swarm's nodes get certificates for ${String(live.certificateExpiry)} h, and swarm-ha:certificateExpiry is ` +
    `${String(settings.certificateExpiry)} h. Set it again: ${commands(stack).repair}`;
  return [{ kind: "settings", hosts: [], text, redo: settings.step }];
}
