import { dashboardHost } from "./names";
import { MAX_PRIORITY } from "./priority";
import { yaml } from "./yaml";

/** What Traefik's dynamic settings depend on. */
export interface DynamicSettings {
  /** The stack's domain. */
  readonly domain: string;
  /** For how many days browsers are told to use HTTPS only; 0: they aren't told. */
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
      // By its names, too: a label traefik.tls.stores.default of any service makes Traefik drop the store above.
      certificates: [pair],
      options: { default: { minVersion: "VersionTLS12" } },
    },
    http: {
      // For applications that speak HTTP/2 and accept pings: a label chooses it (docs/applications.md). Not for all: gRPC
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
          // No rule of an application takes its requests, and with them the password.
          priority: MAX_PRIORITY,
        },
      },
      middlewares: {
        // Only what no task has seen yet is repeated: a connection that couldn't be made. So a POST isn't sent twice.
        // Requests take turns over the tasks, so that several attempts of one may meet the same dead task: there are enough that
        // one meets a living task (the e2e test kills a worker that has replicas, under load).
        retry: { retry: { attempts: 10, initialInterval: "50ms" } },
        admin: { basicAuth: { usersFile: "/run/secrets/users", realm: "swarm-ha", removeHeader: true } },
        ...(hstsDays === 0 ? {} : { hsts }),
      },
    },
  });
}
