/** The swarm's own settings, compared with those of the configuration. */
import { X509Certificate } from "node:crypto";
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
});

/** `GET /swarm`, as far as it is of interest. Source: Docker Engine API v1.41. */
const swarmSchema = z.object({
  Spec: z.object({
    CAConfig: z
      .object({
        NodeCertExpiry: z.number().optional(),
        ExternalCAs: z.array(z.object({ URL: z.string(), CACert: z.string().default("") })).nullish(),
      })
      .nullish(),
  }),
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
  if (!printed.success) return undefined;
  const { certificateExpiry, externalCa } = printed.data;
  return { step: step.urn, certificateExpiry, ...(externalCa === undefined ? {} : { externalCa }) };
}

/** Asks a manager. @throws Error when it can't be asked */
export async function readSettings(call: DockerCall): Promise<LiveSettings> {
  const { CAConfig } = swarmSchema.parse(await call("GET", "/swarm")).Spec;
  const found = CAConfig?.NodeCertExpiry ?? 0;
  const [first, ...others] = CAConfig?.ExternalCAs ?? [];
  return {
    certificateExpiry: found === 0 ? DEFAULT_HOURS : found / HOUR,
    ...(first === undefined
      ? {}
      : {
          externalCa: {
            urls: [first, ...others].map(({ URL }) => URL),
            root: digestOf(first.CACert),
            pem: first.CACert,
          },
        }),
  };
}

function digestOf(pem: string): string {
  return pem === "" ? "" : new X509Certificate(pem).fingerprint256;
}

/** Number of URLs of the external CA. Pure. */
export function urlsOf(live: LiveSettings | { readonly error: string } | undefined): number {
  return live === undefined || "error" in live ? 0 : (live.externalCa?.urls.length ?? 0);
}

/** Settings that somebody has changed by hand. Pure. */
export function settingsProblems(
  { stack, settings }: Desired,
  live: LiveSettings | { readonly error: string } | undefined,
): Problem[] {
  if (settings === undefined || live === undefined || "error" in live) return [];
  const again = `Set it again: ${commands(stack).repair}`;
  const texts: string[] = [];
  if (settings.certificateExpiry !== live.certificateExpiry) {
    texts.push(
      `The swarm's nodes get certificates for ${String(live.certificateExpiry)} h, and swarm-ha:certificateExpiry is ` +
        `${String(settings.certificateExpiry)} h. ${again}`,
    );
  }
  // Without the key in the configuration, an external CA that was set by hand is left alone.
  if (settings.externalCa !== undefined && named(settings.externalCa) !== named(live.externalCa)) {
    texts.push(
      `The swarm's nodes get certificates from ${named(live.externalCa)}, and swarm-ha:externalCa is ` +
        `${named(settings.externalCa)}. ${again}`,
    );
  }
  return texts.map((text) => ({ kind: "settings", hosts: [], text, redo: settings.step }));
}

function named(ca: LiveExternalCa | undefined): string {
  return ca === undefined ? "the swarm itself" : `${ca.urls.join(", ")} (root ${ca.root.slice(0, 23)}…)`;
}
