import { MANAGER_TLS } from "./manager-api";
import { PORTS } from "../../plan/ports";

/**
 * Exactly the paths that the ingress requests: version, services, networks, tasks, and a task's node; each with the
 * API's version before it, or without.
 * Source: Traefik 3.6, pkg/provider/docker/pswarm.go (`listServices`, `listTasks`, `parseTasks`); its client asks
 * `/_ping` for the API's version.
 */
export const READ_ONLY_PATHS = String.raw`^(/v[0-9]+\.[0-9]+)?/(_ping|version|services|networks|tasks|nodes/[a-z0-9]+)$`;

/**
 * HAProxy's settings for a manager's read-only API: `GET` and `HEAD` of {@link READ_ONLY_PATHS}, for clients
 * of the ingress's own authority.
 */
export function readOnlyApiSettings(): string {
  return `frontend read-only-api
  bind :${String(PORTS.readOnlyApi)} ssl crt ${MANAGER_TLS.server} ca-file ${MANAGER_TLS.readOnlyApiClients} verify required ssl-min-ver TLSv1.2
  # Longer than the ingress's polling interval.
  timeout http-keep-alive 10s
  http-request deny deny_status 405 unless METH_GET
  http-request deny deny_status 403 unless { path_reg ${READ_ONLY_PATHS} }
  default_backend read-only

# Without a leader, the Docker engine waits up to 20 s for the next one, and a request to a dead leader fails. So it is
# retried: if the ingress can't list a service's tasks, it drops the routes (Traefik 3.6, pswarm.go, \`listServices\` logs
# the error and goes on) instead of keeping them. With three attempts it waits for a minute.
backend read-only
  timeout server 25s
  retries 3
  retry-on conn-failure empty-response response-timeout 500 503 504
  server engine unix@/var/run/docker.sock
`;
}
