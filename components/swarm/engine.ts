import type { EngineNetwork } from "../../plan/addressing";

/** What decides over an engine's settings. */
export interface EngineSettings {
  /** Engine labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Address ranges of the engine's own bridges. */
  readonly network: EngineNetwork;
}

/**
 * The content of daemon.json.
 *
 * All of an engine's settings stand there and none on its command line, so that there is one place to look. It answers on
 * its socket only; a manager's API is served by HAProxy, which can renew a certificate without a restart.
 * Source: docs.docker.com, dockerd, "daemon configuration file".
 */
export function daemonSettings(settings: EngineSettings): Record<string, unknown> {
  return {
    hosts: ["unix:///var/run/docker.sock"],
    labels: Object.entries(settings.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    // The engine's own defaults overlap private ranges that people use.
    bip: settings.network.bip,
    "default-address-pools": settings.network.defaultAddressPools,
    // Logs of years must not fill a disk.
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
  };
}
