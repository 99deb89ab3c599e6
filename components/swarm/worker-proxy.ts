import { MANAGER_COUNTS } from "../../config/schema";
import { engineNetwork, type EngineConfig } from "../../plan/addressing";
import { planHosts, type PlacementConfig } from "../../plan/placement";
import { managersOf, type ManagerAddress } from "./bastion";
import { PORTS } from "../../plan/ports";
import { keepAlives } from "./keep-alives";

/**
 * Everywhere a manager can be: the address plan keeps a place for each of the highest number of managers.
 *
 * Workers know all of these, and so no worker has to be touched when managers come and go: one that is dead just then
 * would stop the change.
 */
export function managerPlaces(config: PlacementConfig): ManagerAddress[] {
  return managersOf(planHosts({ ...config, managers: { ...config.managers, count: Math.max(...MANAGER_COUNTS) } }));
}

/**
 * A worker's address where its containers reach the managers' read-only API. The worker's own processes reach it too, and
 * so does a host of the same network segment that routes the bridge's address there. All of them need a certificate.
 */
export function readOnlyApiAddress(config: EngineConfig): string {
  return engineNetwork(config).bip.split("/")[0] ?? "";
}

/**
 * HAProxy's settings on a worker host: from the engine's bridge to whichever manager has a leader. TLS passes through,
 * so that the managers see the ingress's certificate.
 */
export function workerProxySettings(config: PlacementConfig & EngineConfig): string {
  const servers = managerPlaces(config)
    .map(({ name, address }) => `  server ${name} ${address}:${String(PORTS.readOnlyApi)}\n`)
    .join("");
  return `global
  log stdout format raw daemon notice
  maxconn 1000
  no strict-limits
  user haproxy
  group haproxy

defaults
  log global
  mode tcp
  timeout connect 1s
  timeout client 5m
  timeout server 5m
  timeout check 2s
  # A dead manager's share goes to another one at once.
  retries 3
  option redispatch 1
  balance roundrobin
  # A connection to a host that died ends, and the ingress asks its question again. One to a manager without a leader stays:
  # it answers when there is the next one. Were it cut, the ingress would forget routes (see read-only-api.ts).
${keepAlives("srv", { idle: 4, interval: 1, count: 3 })}
  default-server check inter 1s downinter 5s fall 2 rise 2 tcp-ut 4s

# The bridge comes with the engine, after this: "transparent" binds to an address that isn't there yet.
frontend read-only-api
  bind ${readOnlyApiAddress(config)}:${String(PORTS.readOnlyApi)} transparent
  use_backend living if { nbsrv(led) lt 1 }
  default_backend led

# Managers that have a leader. All places of managers are here, taken or not.
backend led
  option httpchk GET /health
  http-check expect status 200
  default-server port ${String(PORTS.health)}
${servers}
# While none has one, between the death of a leader and the next one's election: whoever accepts connections.
backend living
${servers}`;
}
