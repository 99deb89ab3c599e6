import { stringify } from "yaml";
import { PORTS } from "../../plan/ports";
import type { S3Keys } from "../platform/types";

/** Storage settings of the registry's driver. */
export type StorageSettings =
  | { readonly kind: "folder" }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      readonly region: string;
      /** URL of an S3 service other than AWS's. */
      readonly endpoint?: string | undefined;
      /** Keys of the bucket's user. @default those of the host's role */
      readonly keys?: S3Keys | undefined;
    };

/** Paths inside a replica. */
export const PATHS = {
  certificate: "/etc/distribution/tls.crt",
  key: "/etc/distribution/tls.key",
  htpasswd: "/etc/distribution/htpasswd",
  folder: "/var/lib/registry",
  /** A file that exists only while the shared folder isn't mounted (stacks/registry-folder.yml). */
  lost: "/tmp/storage-lost",
} as const;

/** User and group of the replicas, which own the shared folder. Nothing else on a host uses them. */
export const REGISTRY_USER = 10500;

/** A file in the shared folder that distinguishes it from the empty mount point. */
export const STORAGE_MARKER = ".swarm-ha-storage";

/**
 * The configuration file of every replica. It contains a secret.
 * Source: distribution.github.io/distribution/about/configuration.
 *
 * There is no cache of blob descriptors: each replica would have its own, and would still announce layers that were
 * deleted through another one.
 *
 * @param storage Storage of the content.
 * @param secret Signs the state of uploads. It is the same for all replicas, because another replica may continue an upload.
 */
export function registrySettings(storage: StorageSettings, secret: string): string {
  return stringify({
    version: "0.1",
    // The load balancer's checks alone would log a line per second.
    log: { level: "info", accesslog: { disabled: true } },
    storage: {
      ...(storage.kind === "folder" ? { filesystem: { rootdirectory: PATHS.folder } } : bucketSettings(storage)),
      delete: { enabled: true },
      maintenance: {
        // Data of aborted pushes are removed after a week.
        uploadpurging: { enabled: true, age: "168h", interval: "24h", dryrun: false },
        readonly: { enabled: false },
      },
    },
    http: {
      addr: `:${String(PORTS.registry)}`,
      secret,
      // Relative URLs in answers: clients keep the host name that they used.
      relativeurls: true,
      // How long pulls and pushes may continue after a stop.
      draintimeout: "30s",
      tls: { certificate: PATHS.certificate, key: PATHS.key, minimumtls: "tls1.2" },
      headers: { "X-Content-Type-Options": ["nosniff"] },
      debug: { addr: `127.0.0.1:${String(PORTS.registryHealth)}` },
    },
    auth: { htpasswd: { realm: "swarm-ha", path: PATHS.htpasswd } },
    // A replica without its storage answers 503 to everything, so the load balancer takes it out.
    health: {
      storagedriver: { enabled: true, interval: "5s", threshold: 2 },
      // The driver accepts an empty folder as healthy. Then clients would get 404 instead of 503.
      ...(storage.kind === "folder" ? { file: [{ file: PATHS.lost, interval: "1s" }] } : {}),
    },
  });
}

/** The driver's settings. Source: distribution 3.0.0, registry/storage/driver/s3-aws/s3.go. */
function bucketSettings({
  bucket,
  region,
  endpoint,
  keys,
}: Extract<StorageSettings, { readonly kind: "s3" }>): Record<string, unknown> {
  return {
    s3: {
      bucket,
      region,
      // Services other than AWS's encrypt by their own settings, refuse the request for it where they can't (MinIO), and often
      // have no DNS name for each bucket.
      ...(endpoint === undefined ? { encrypt: true } : { regionendpoint: endpoint, forcepathstyle: true }),
      ...(keys === undefined ? {} : { accesskey: keys.accessKey, secretkey: keys.secretKey }),
    },
    // The registry would send clients to the bucket itself, which may have another address for them, or none.
    ...(endpoint === undefined ? {} : { redirect: { disable: true } }),
  };
}
