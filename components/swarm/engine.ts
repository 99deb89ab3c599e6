import type { EngineNetwork } from "../platform/addressing";
import { PORTS } from "./ports";

/** Where prepare puts a manager's TLS files. */
const TLS = "/etc/docker/tls";

/** What decides over an engine's settings. */
export interface EngineSettings {
  /** Managers answer on TCP, too. */
  readonly manager: boolean;
  /** Engine labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Address ranges of the engine's own bridges. */
  readonly network: EngineNetwork;
}

/**
 * The content of daemon.json.
 *
 * All of an engine's settings stand there and none on its command line, so that there is one place to look.
 * Source: docs.docker.com, dockerd, "daemon configuration file".
 */
export function daemonSettings(settings: EngineSettings): Record<string, unknown> {
  return {
    hosts: ["unix:///var/run/docker.sock", ...(settings.manager ? [`tcp://0.0.0.0:${String(PORTS.api)}`] : [])],
    ...(settings.manager
      ? { tlsverify: true, tlscacert: `${TLS}/ca.pem`, tlscert: `${TLS}/certificate.pem`, tlskey: `${TLS}/key.pem` }
      : {}),
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
