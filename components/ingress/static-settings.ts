import type { IngressTimeouts } from "../../config";
import { DOOR_NAME } from "../pki";
import { APPLICATION_NAME } from "../../plan/labels";
import { PORTS } from "../../plan/ports";
import { APPS_NETWORK, appsDomain } from "./names";
import { yaml } from "./yaml";

/** Ports inside the ingress's container, which has no right to low ones; the host's are {@link PORTS}. */
export const INNER_PORTS = { http: 8000, https: 8443, ping: PORTS.ping } as const;

/**
 * How long a stopping task takes further requests, in seconds, while its ping says 404: longer than the application load
 * balancer needs to notice, which is two checks five seconds apart.
 */
const LEAVING = 12;

/** How long requests that are under way then have, in seconds. With {@link LEAVING} less than the stack's grace period. */
const ENDING = 10;

/** What Traefik's static settings depend on. */
export interface StaticSettings {
  /** The stack's domain. */
  readonly domain: string;
  /** The port of HTTPS as people know it. */
  readonly httpsPort: number;
  /** Who may say on whose behalf it connects, CIDR: the application load balancer. */
  readonly trusted: readonly string[];
  /** Whether browsers are told to use HTTPS only. */
  readonly hsts: boolean;
  /** Time limits between clients and the ingress. */
  readonly timeouts: IngressTimeouts;
}

/**
 * Traefik's static settings, YAML.
 * Source: doc.traefik.io, v3.6, "Static configuration" and "Swarm provider".
 */
export function staticSettings({ domain, httpsPort, trusted, hsts, timeouts }: StaticSettings): string {
  const proxyProtocol = { trustedIPs: [...trusted] };
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
    // Who looks for a fault wants the requests that failed or were repeated, and no others.
    accessLog: { format: "json", filters: { statusCodes: ["500-599"], retryAttempts: true } },
    api: { dashboard: true },
    // Its route comes with the swarm's services (stacks/ingress.yml): no answer before the swarm has been seen.
    // 404 of one that stops, too: by that the load balancer sends nobody new, and cuts nobody off (a 503 it takes for dead).
    ping: { entryPoint: "ping", manualRouting: true, terminatingStatusCode: 404 },
    entryPoints: {
      web: {
        address: `:${INNER_PORTS.http}`,
        proxyProtocol,
        transport,
        http: { redirections: { entryPoint: { to: `:${httpsPort}`, scheme: "https" } } },
      },
      websecure: {
        address: `:${INNER_PORTS.https}`,
        // Routers that name no entry point are here, so that none is reachable without TLS by mistake.
        asDefault: true,
        proxyProtocol,
        transport,
        http: { tls: {}, middlewares: ["retry@file", ...(hsts ? ["hsts@file"] : [])] },
      },
      // It says 404 as soon as the task is to stop, and goes on saying so to the end.
      // (AWS puts the PROXY header before health checks, too; HAProxy's come without, which is as good.
      // Source: docs.aws.amazon.com, Network Load Balancers, "Proxy protocol", "Health check connections".)
      ping: {
        address: `:${INNER_PORTS.ping}`,
        proxyProtocol,
        // Nobody sends a body here.
        transport: { lifeCycle, respondingTimeouts: { readTimeout: "10s", writeTimeout: "10s", idleTimeout: "30s" } },
      },
    },
    serversTransport: {
      forwardingTimeouts: {
        // A task whose host is dead answers nothing at all: the next one gets the request after this.
        // (HTTP/2 without TLS doesn't take this from Traefik 3.6: tcp_syn_retries in stacks/ingress.yml limits it.)
        dialTimeout: "1s",
        // No limit for an answer to begin: long polls, event streams.
        responseHeaderTimeout: "0s",
        // A connection to a dead host looks like an idle one. Kept only this briefly, none outlives its host for long.
        idleConnTimeout: "5s",
      },
    },
    providers: {
      // The sum of these, and a moment, is how long a change of tasks goes unnoticed: services' stop grace is longer.
      providersThrottleDuration: "200ms",
      swarm: {
        endpoint: `tcp://${DOOR_NAME}:${PORTS.door}`,
        tls: { ca: "/etc/traefik/door-ca.crt", cert: "/etc/traefik/door.crt", key: "/run/secrets/door-key" },
        refreshSeconds: "1s",
        // Longer than the managers' door takes to answer after the loss of a leader.
        httpClientTimeout: "90s",
        network: APPS_NETWORK,
        exposedByDefault: false,
        defaultRule: `Host(\`{{ or (index .Labels "${APPLICATION_NAME}") (normalize .Name) }}.${appsDomain(domain)}\`)`,
      },
      file: { filename: "/etc/traefik/dynamic.yml", watch: false },
    },
  });
}
