import { keepAlives } from "./keep-alives";
import { PORTS } from "../../plan/ports";

/** Paths of a manager's TLS files, which the prepare step writes. */
export const MANAGER_TLS = {
  /** The server's certificate and key in one. */
  server: "/etc/swarm-ha/tls/server.pem",
  /** CA for clients of the Docker API. */
  ca: "/etc/swarm-ha/tls/ca.pem",
  /** CA for clients of the read-only API. */
  readOnlyApiClients: "/etc/swarm-ha/tls/read-only-api-clients.pem",
} as const;

/**
 * HAProxy's settings for a manager's Docker API: TLS with client certificate on 2376, forwarded to the Docker engine's socket.
 *
 * The Docker engine has TLS too, but reads its certificates only when it starts. A renewal would restart every
 * manager, one after the other, each with some risk to the quorum, and one with an election. HAProxy reloads new
 * files without breaking or refusing a connection.
 * Source: HAProxy manual, "bind" (ca-file, verify) and management guide, "Stopping and restarting".
 */
export function managerApiSettings(): string {
  return `frontend api
  mode tcp
  bind :${String(PORTS.api)} ssl crt ${MANAGER_TLS.server} ca-file ${MANAGER_TLS.ca} verify required ssl-min-ver TLSv1.2
  # Followed logs and events are silent for hours; keep-alives end the connections of clients that are gone, and keep
  # AWS's load balancer from forgetting the others after 350 s.
${keepAlives("cli")}
  timeout client 24h
  default_backend engine-api

# Without the health check below: troubleshooting an unhealthy manager needs its API, and so does creating the swarm.
backend engine-api
  mode tcp
  timeout server 24h
  server engine unix@/var/run/docker.sock
`;
}
