import { dashboardHost } from "./names";
import { MAX_PRIORITY } from "./priority";
import { yaml } from "./yaml";

/** What Traefik's dynamic settings depend on. */
export interface DynamicSettings {
  /** The stack's domain. */
  readonly domain: string;
  /** For how many days browsers use HTTPS only (HSTS); 0: no such header. */
  readonly hstsDays: number;
}

/**
 * Traefik's dynamic settings, YAML: its certificate, the dashboard, and what all routers share.
 * Source: doc.traefik.io, v3.6, "Dynamic configuration: file".
 */
export function dynamicSettings({ domain, hstsDays }: DynamicSettings): string {
  const pair = { certFile: "/etc/traefik/tls.crt", keyFile: "/run/secrets/tls-key" };
  const hsts = { headers: { stsSeconds: hstsDays * 24 * 3600 } };
  return yaml({
    tls: {
      stores: {
        default: { defaultCertificate: pair },
      },
      // Listed here too: a label traefik.tls.stores.default of any service makes Traefik drop the store above.
      certificates: [pair],
      options: { default: { minVersion: "VersionTLS12" } },
    },
    http: {
      // For applications with HTTP/2 that accept pings; a label selects it (docs/applications.md). It isn't the default: gRPC
      // servers end connections that are pinged more often than every 5 minutes (grpc-go and gRPC core, by default).
      serversTransports: {
        "http2-ping": {
          forwardingTimeouts: {
            dialTimeout: "1s",
            idleConnTimeout: "5s",
            readIdleTimeout: "5s",
            pingTimeout: "2s",
          },
        },
      },
      routers: {
        dashboard: {
          rule: `Host(\`${dashboardHost(domain)}\`)`,
          entryPoints: ["websecure"],
          middlewares: ["admin"],
          service: "api@internal",
          // So no application's rule can take its requests, which carry the password.
          priority: MAX_PRIORITY,
        },
      },
      middlewares: {
        // Only failed connections are retried, which no task has seen. So a POST isn't sent twice.
        // Requests rotate over the tasks, so several attempts may meet the same dead task. With this many attempts,
        // one reaches a running task (the e2e test kills a worker with replicas, under load).
        retry: { retry: { attempts: 10, initialInterval: "50ms" } },
        admin: { basicAuth: { usersFile: "/run/secrets/users", realm: "swarm-ha", removeHeader: true } },
        ...(hstsDays === 0 ? {} : { hsts }),
      },
    },
  });
}
