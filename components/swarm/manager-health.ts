import { managerApiSettings } from "./manager-api";
import { readOnlyApiSettings } from "./read-only-api";
import { PORTS } from "../../plan/ports";

/**
 * HAProxy's settings on a manager host: its API, an HTTP endpoint that returns 200 only while it has a
 * leader, and the read-only API for the ingress.
 *
 * `GET /swarm` of the Docker API fails on a manager that is locked, was removed, or has lost the quorum, while its
 * port still accepts connections. A plain TCP check would keep sending clients there.
 * Source: docs.docker.com, Engine API, "Inspect swarm"; HAProxy manual, "monitor fail".
 */
export function managerHealthSettings(): string {
  return `global
  log stdout format raw daemon notice
  # Runs as root, because the Docker engine's socket belongs to root.
  # Each connection takes two descriptors. If a container has fewer, as in sandboxes, HAProxy uses those instead of failing.
  maxconn 2000
  no strict-limits
  # Limit for connections from before a reload.
  hard-stop-after 24h

defaults
  log global
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout check 3s

${managerApiSettings()}
frontend health
  bind :${String(PORTS.health)}
  monitor-uri /health
  monitor fail if { nbsrv(engine) lt 1 }
  # All other paths are denied.
  http-request deny deny_status 404

backend engine
  option httpchk
  http-check send meth GET uri /swarm ver HTTP/1.1 hdr Host engine
  http-check expect status 200
  server engine unix@/var/run/docker.sock check inter 1s fall 2 rise 1

${readOnlyApiSettings()}`;
}
