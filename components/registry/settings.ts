import { stringify } from "yaml";
import { PORTS } from "../../plan/ports";

/** Where the storage is, as the registry's driver is told. */
export type StorageSettings =
  { readonly kind: "folder" } | { readonly kind: "s3"; readonly bucket: string; readonly region: string };

/** Paths inside a replica. */
export const PATHS = {
  certificate: "/etc/distribution/tls.crt",
  key: "/etc/distribution/tls.key",
  htpasswd: "/etc/distribution/htpasswd",
  folder: "/var/lib/registry",
  /** It is there while the shared folder isn't: stacks/registry-folder.yml sees to that. */
  lost: "/tmp/storage-lost",
} as const;

/** User and group that replicas run as, and that a shared folder belongs to: nobody else's on any host. */
export const REGISTRY_USER = 10500;

/** A file in the shared folder that tells it from the empty place where it is mounted. */
export const STORAGE_MARKER = ".swarm-ha-storage";

/**
 * The settings of every replica, as Distribution's configuration file has them. They hold a secret.
 * Source: distribution.github.io/distribution/about/configuration.
 *
 * There is no cache of blob descriptors: each replica would have its own, and go on promising layers that have been
 * deleted through another one.
 *
 * @param storage Where the content is.
 * @param secret Signs the state of uploads, which may go on at another replica: one for all.
 */
export function registrySettings(storage: StorageSettings, secret: string): string {
  return stringify({
    version: "0.1",
    // The load balancer's checks alone would be a line per second.
    log: { level: "info", accesslog: { disabled: true } },
    storage: {
      ...(storage.kind === "folder"
        ? { filesystem: { rootdirectory: PATHS.folder } }
        : { s3: { bucket: storage.bucket, region: storage.region, encrypt: true } }),
      delete: { enabled: true },
      maintenance: {
        // What pushes that were given up have left goes after a week.
        uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false },
        readonly: { enabled: false },
      },
    },
    http: {
      addr: `:${String(PORTS.registry)}`,
      secret,
      // Answers name paths without a host: clients stay with the name that they came by.
      relativeurls: true,
      // How long pulls and pushes may go on after a stop.
      draintimeout: "30s",
      tls: { certificate: PATHS.certificate, key: PATHS.key, minimumtls: "tls1.2" },
      headers: { "X-Content-Type-Options": ["nosniff"] },
      debug: { addr: `127.0.0.1:${String(PORTS.registryHealth)}` },
    },
    auth: { htpasswd: { realm: "swarm-ha", path: PATHS.htpasswd } },
    // A replica without its storage answers 503 to everything, so the load balancer takes it out.
    health: {
      storagedriver: { enabled: true, interval: "5s", threshold: 2 },
      // The driver takes an empty folder for a healthy one. Its contents would all be missing: 404 instead of 503.
      ...(storage.kind === "folder" ? { file: [{ file: PATHS.lost, interval: "1s" }] } : {}),
    },
  });
}
