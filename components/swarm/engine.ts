import type { EngineNetwork } from "../../plan/addressing";

/** Inputs of a Docker engine's settings. */
export interface EngineSettings {
  /** Engine labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Address ranges of the Docker engine's own bridges. */
  readonly network: EngineNetwork;
}

/**
 * The content of daemon.json.
 *
 * It has all settings of the Docker engine; its command line has none. The Docker engine listens on
 * its socket only. HAProxy serves a manager's API, because it can renew a certificate without a restart.
 * Source: docs.docker.com, dockerd, "daemon configuration file".
 */
export function daemonSettings(settings: EngineSettings): Record<string, unknown> {
  return {
    hosts: ["unix:///var/run/docker.sock"],
    labels: Object.entries(settings.labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
    // Docker's defaults overlap private ranges that people use.
    bip: settings.network.bip,
    "default-address-pools": settings.network.defaultAddressPools,
    // Logs must not fill the disk.
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
  };
}
