import { createHash } from "node:crypto";
import { daemonSettings } from "../../components/swarm/engine";
import type { StackConfig } from "../../config";
import { engineNetwork } from "../../plan/addressing";
import { planHosts } from "../../plan/placement";
import type { WantedSettings } from "./differences";

/** Digests of every host's daemon.json as the configuration wants it, computed as scripts/prepare.sh does. Pure. */
export function wantedSettings(config: StackConfig): Record<string, WantedSettings> {
  const network = engineNetwork(config);
  return Object.fromEntries(
    planHosts(config).map(({ name, labels }) => {
      const { labels: own, ...settings } = daemonSettings({ labels, network });
      return [name, { settings: digest(settings), labels: digest(own) }];
    }),
  );
}

/** Of what `jq -cS` prints: without blanks, keys in order, and a line break. */
function digest(value: unknown): string {
  return createHash("sha256")
    .update(`${JSON.stringify(sorted(value))}\n`)
    .digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
