import { keepAlives } from "./keep-alives";
import { PORTS } from "../../plan/ports";

/** Where prepare puts a manager's TLS files. */
export const MANAGER_TLS = {
  /** The server's certificate and key in one. */
  server: "/etc/swarm-ha/tls/server.pem",
  /** Whom clients of the API are trusted by. */
  ca: "/etc/swarm-ha/tls/ca.pem",
  /** Whom clients of the read-only API are trusted by. */
  readOnlyApiClients: "/etc/swarm-ha/tls/read-only-api-clients.pem",
} as const;

/**
 * HAProxy's part in a manager's API: TLS with client certificate on 2376, and nothing but bytes to the engine's socket.
 *
 * The engine could do it by itself, but reads its certificates only when it starts. A renewal would restart every
 * manager, one after the other, each at some risk to the quorum, and at the leader with an election. HAProxy takes new
 * files over by a reload, in which no connection breaks and none is refused.
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

# Not under the health check below: who asks why a manager is sick needs its API, and founding the swarm goes through it.
backend engine-api
  mode tcp
  timeout server 24h
  server engine unix@/var/run/docker.sock
`;
}
