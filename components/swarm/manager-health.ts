import { managerApiSettings } from "./manager-api";
import { doorSettings } from "./manager-door";
import { PORTS } from "../../plan/ports";

/**
 * HAProxy's settings on a manager host: its API, an HTTP endpoint that says 200 only while it has a
 * leader, and the read-only door for the ingress.
 *
 * `GET /swarm` of the engine's API fails on a manager that is locked, was removed, or has lost the quorum, while its
 * port still accepts connections: a plain TCP check would keep sending people there.
 * Source: docs.docker.com, Engine API, "Inspect swarm"; HAProxy manual, "monitor fail".
 */
export function managerHealthSettings(): string {
  return `global
  log stdout format raw daemon notice
  # root, for the engine's socket belongs to root.
  # Two descriptors each. Where a container gets fewer, as in sandboxes, it takes what there is instead of giving up.
  maxconn 2000
  no strict-limits
  # What goes on over connections of before a reload ends some time.
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
  # Nothing else is to be had here.
  http-request deny deny_status 404

backend engine
  option httpchk
  http-check send meth GET uri /swarm ver HTTP/1.1 hdr Host engine
  http-check expect status 200
  server engine unix@/var/run/docker.sock check inter 1s fall 2 rise 1

${doorSettings()}`;
}
