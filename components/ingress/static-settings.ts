import type { IngressTimeouts } from "../../config";
import { READ_ONLY_API_NAME } from "../pki";
import { APPLICATION_NAME } from "../../plan/labels";
import { PORTS } from "../../plan/ports";
import { APPS_NETWORK, appsDomain } from "./names";
import { yaml } from "./yaml";

/** Ports inside the ingress's container, which may not bind low ones. The host's ports are {@link PORTS}. */
export const INNER_PORTS = { http: 8000, https: 8443, ping: PORTS.ping } as const;

/**
 * How long a stopping task accepts further requests, in seconds, while its ping returns 404: longer than the application load
 * balancer needs to notice, which is two checks five seconds apart.
 */
const LEAVING = 12;

/** Time limit for open requests after that, in seconds. Together with {@link LEAVING} it is less than the grace period. */
const ENDING = 10;

/** What Traefik's static settings depend on. */
export interface StaticSettings {
  /** The stack's domain. */
  readonly domain: string;
  /** The public HTTPS port. */
  readonly httpsPort: number;
  /** Whose PROXY header is trusted, CIDR: the application load balancer. */
  readonly trusted: readonly string[];
  /** Whether responses have the HSTS header. */
  readonly hsts: boolean;
  /** Time limits between clients and the ingress. */
  readonly timeouts: IngressTimeouts;
}

/**
 * Traefik's static settings, YAML.
 * Source: doc.traefik.io, v3.6, "Static configuration" and "Swarm provider".
 */
export function staticSettings({ domain, httpsPort, trusted, hsts, timeouts }: StaticSettings): string {
  // With nobody to trust, Traefik doesn't start (measured: "no trusted IPs provided").
  const proxyProtocol = trusted.length === 0 ? {} : { proxyProtocol: { trustedIPs: [...trusted] } };
  const lifeCycle = { requestAcceptGraceTimeout: `${LEAVING}s`, graceTimeOut: `${ENDING}s` };
  // Traefik's own limit of 60 s for a whole request cuts uploads and client streams. It has no limit for headers alone
  // (github.com/traefik/traefik/issues/11943). Its keep-alives, every 3 minutes, end connections of dead clients.
  const respondingTimeouts = {
    readTimeout: `${timeouts.request}s`,
    writeTimeout: "0s",
    idleTimeout: `${timeouts.idle}s`,
  };
  const transport = { lifeCycle, respondingTimeouts };
  return yaml({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "INFO", noColor: true },
    // Logs only requests that failed or were retried, for troubleshooting.
    accessLog: { format: "json", filters: { statusCodes: ["500-599"], retryAttempts: true } },
    api: { dashboard: true },
    // Its route comes with the swarm's services (stacks/ingress.yml): it answers only after the swarm was read.
    // A stopping task returns 404 too: the load balancer opens no new connections, and keeps the old ones. (503 means dead.)
    ping: { entryPoint: "ping", manualRouting: true, terminatingStatusCode: 404 },
    entryPoints: {
      web: {
        address: `:${INNER_PORTS.http}`,
        ...proxyProtocol,
        transport,
        http: { redirections: { entryPoint: { to: `:${httpsPort}`, scheme: "https" } } },
      },
      websecure: {
        address: `:${INNER_PORTS.https}`,
        // The default entry point of routers, so that none is reachable without TLS by mistake.
        asDefault: true,
        ...proxyProtocol,
        transport,
        http: { tls: {}, middlewares: ["retry@file", ...(hsts ? ["hsts@file"] : [])] },
      },
      // It returns 404 from the stop signal until the task has stopped.
      // (AWS's health checks begin with the PROXY header. HAProxy's come without it, which is accepted too.
      // Source: docs.aws.amazon.com, Network Load Balancers, "Proxy protocol", "Health check connections".)
      ping: {
        address: `:${INNER_PORTS.ping}`,
        ...proxyProtocol,
        // Requests to ping have no body.
        transport: { lifeCycle, respondingTimeouts: { readTimeout: "10s", writeTimeout: "10s", idleTimeout: "30s" } },
      },
    },
    serversTransport: {
      forwardingTimeouts: {
        // A task on a dead host doesn't answer at all: after this time the next one gets the request.
        // (Traefik 3.6 ignores it for HTTP/2 without TLS: tcp_syn_retries in stacks/ingress.yml is the limit there.)
        dialTimeout: "1s",
        // No limit until an answer begins, because of long polls and event streams.
        responseHeaderTimeout: "0s",
        // A connection to a dead host looks idle. This short limit closes it soon.
        idleConnTimeout: "5s",
      },
    },
    providers: {
      // A change of tasks is noticed after the sum of these. The services' stop grace period is longer.
      providersThrottleDuration: "200ms",
      swarm: {
        endpoint: `tcp://${READ_ONLY_API_NAME}:${PORTS.readOnlyApi}`,
        tls: {
          ca: "/etc/traefik/read-only-api-ca.crt",
          cert: "/etc/traefik/read-only-api.crt",
          key: "/run/secrets/read-only-api-key",
        },
        refreshSeconds: "1s",
        // Longer than the read-only API takes to answer after the loss of a leader.
        httpClientTimeout: "90s",
        network: APPS_NETWORK,
        exposedByDefault: false,
        defaultRule: `Host(\`{{ or (index .Labels "${APPLICATION_NAME}") (normalize .Name) }}.${appsDomain(domain)}\`)`,
      },
      file: { filename: "/etc/traefik/dynamic.yml", watch: false },
    },
  });
}
