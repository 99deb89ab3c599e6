/** The swarm's own settings, compared with those of the configuration. */
import { createHash, X509Certificate } from "node:crypto";
import { z } from "zod";
import { SWARM_SETTINGS } from "../../plan/stack-names";
import { nameOf, resourcesOf, unwrap, type Deployment } from "./deployment";
import type { DockerCall } from "./docker-api";
import type { Desired, DesiredSettings, LiveExternalCa, LiveSettings, Problem } from "./model";
import { commands } from "./words";

/** What the step that sets them prints (scripts/swarm-settings.sh). */
const printedSchema = z.object({
  certificateExpiry: z.number(),
  externalCa: z.object({ urls: z.array(z.string()), root: z.string() }).optional(),
  autolock: z.boolean().optional(),
  unlockKey: z.string().min(1).optional(),
});

/** `GET /swarm`, as far as it is of interest. Source: Docker Engine API v1.41. */
const swarmSchema = z.object({
  TLSInfo: z.object({ TrustRoot: z.string().default("") }).nullish(),
  Spec: z.object({
    CAConfig: z
      .object({
        NodeCertExpiry: z.number().optional(),
        ExternalCAs: z.array(z.object({ URL: z.string(), CACert: z.string().default("") })).nullish(),
      })
      .nullish(),
    EncryptionConfig: z.object({ AutoLockManagers: z.boolean().optional() }).nullish(),
  }),
});

const keySchema = z.object({ UnlockKey: z.string().min(1) });

/** An hour in nanoseconds, in which the Docker API has times. */
const HOUR = 3600e9;
/** Docker's default, which the API leaves out. */
const DEFAULT_HOURS = 2160;

/** The settings that a state's step has set; undefined where it has not run yet. Pure. */
export function settingsIn(deployment: Deployment): DesiredSettings | undefined {
  const found = printedIn(deployment);
  if (found === undefined) return undefined;
  const { certificateExpiry, autolock, unlockKey, externalCa } = found.printed;
  return {
    step: found.step,
    certificateExpiry,
    ...(autolock === undefined ? {} : { autolock }),
    ...(unlockKey === undefined ? {} : { unlockKey: digestOf(unlockKey) }),
    ...(externalCa === undefined ? {} : { externalCa }),
  };
}

/** The unlock key that a state's step has read; undefined where autolock isn't configured. A secret. Pure. */
export function unlockKeyIn(deployment: Deployment): string | undefined {
  return printedIn(deployment)?.printed.unlockKey;
}

function printedIn(
  deployment: Deployment,
): { readonly step: string; readonly printed: z.infer<typeof printedSchema> } | undefined {
  const step = resourcesOf(deployment).find(
    ({ type, urn }) => type === "command:remote:Command" && nameOf(urn) === SWARM_SETTINGS,
  );
  const stdout = unwrap(step?.outputs?.["stdout"]);
  if (step === undefined || typeof stdout !== "string" || !stdout.startsWith("{")) return undefined;
  const printed = printedSchema.safeParse(JSON.parse(stdout));
  return printed.success ? { step: step.urn, printed: printed.data } : undefined;
}

/** Asks a manager. @throws Error when it can't be asked */
export async function readSettings(call: DockerCall): Promise<LiveSettings> {
  const swarm = swarmSchema.parse(await call("GET", "/swarm"));
  const { CAConfig, EncryptionConfig } = swarm.Spec;
  const found = CAConfig?.NodeCertExpiry ?? 0;
  const [first, ...others] = CAConfig?.ExternalCAs ?? [];
  const autolock = EncryptionConfig?.AutoLockManagers === true;
  return {
    certificateExpiry: found === 0 ? DEFAULT_HOURS : found / HOUR,
    autolock,
    ...(autolock ? { unlockKey: digestOf(await readUnlockKey(call)) } : {}),
    ...(first === undefined
      ? {}
      : {
          externalCa: {
            urls: [first, ...others].map(({ URL }) => URL),
            root: fingerprintOf(first.CACert),
            // One that was set by hand may have none: it signs with the swarm's root then.
            pem: first.CACert === "" ? (swarm.TLSInfo?.TrustRoot ?? "") : first.CACert,
          },
        }),
  };
}

function fingerprintOf(pem: string): string {
  return pem === "" ? "" : new X509Certificate(pem).fingerprint256;
}

/** Number of URLs of the external CA. Pure. */
export function urlsOf(live: LiveSettings | { readonly error: string } | undefined): number {
  return live === undefined || "error" in live ? 0 : (live.externalCa?.urls.length ?? 0);
}

/** Asks a manager for the key that unlocks managers. A secret. @throws Error when autolock is off, or it can't be asked */
export async function readUnlockKey(call: DockerCall): Promise<string> {
  return keySchema.parse(await call("GET", "/swarm/unlockkey")).UnlockKey;
}

/** Enough to see that a secret has changed. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Settings that somebody has changed by hand. Pure. */
export function settingsProblems(
  { stack, settings }: Desired,
  live: LiveSettings | { readonly error: string } | undefined,
): Problem[] {
  if (settings === undefined || live === undefined || "error" in live) return [];
  const again = `Set it again: ${commands(stack).repair}`;
  const onOff = (on: boolean): string => (on ? "on" : "off");
  const texts: string[] = [];
  if (settings.certificateExpiry !== live.certificateExpiry)
    texts.push(
      `The swarm's nodes get certificates for ${String(live.certificateExpiry)} h, and swarm-ha:certificateExpiry is ` +
        `${String(settings.certificateExpiry)} h. ${again}`,
    );
  // Without the key in the configuration, an external CA that was set by hand is left alone.
  if (settings.externalCa !== undefined && named(settings.externalCa) !== named(live.externalCa))
    texts.push(
      `The swarm's nodes get certificates from ${named(live.externalCa)}, and swarm-ha:externalCa is ` +
        `${named(settings.externalCa)}. ${again}`,
    );
  if (settings.autolock !== undefined && settings.autolock !== live.autolock)
    texts.push(`Autolock is ${onOff(live.autolock)}, and swarm-ha:autolock is ${String(settings.autolock)}. ${again}`);
  else if (settings.unlockKey !== undefined && settings.unlockKey !== live.unlockKey)
    texts.push(
      "The swarm has another unlock key than the stack's output: it was rotated outside of this program. After a restart of all " +
        `managers, nobody could unlock them. Record the new one: ${commands(stack).repair}`,
    );
  return texts.map((text) => ({ kind: "settings", hosts: [], text, redo: settings.step }));
}

function named(ca: LiveExternalCa | undefined): string {
  return ca === undefined ? "the swarm itself" : `${ca.urls.join(", ")} (root ${ca.root.slice(0, 23)}…)`;
}
