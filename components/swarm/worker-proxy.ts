import { MANAGER_COUNTS } from "../../config/schema";
import { engineNetwork, type EngineConfig } from "../../plan/addressing";
import { planHosts, type PlacementConfig } from "../../plan/placement";
import { managersOf, type ManagerAddress } from "./bastion";
import { PORTS } from "../../plan/ports";
import { keepAlives } from "./keep-alives";

/**
 * All possible addresses of managers: the address plan reserves one for each of the maximum number of managers.
 *
 * Workers have all of these, so no worker changes when managers are added or removed. Otherwise a dead worker
 * would stop the change. (With an inventory, only its managers have an address: another manager changes every worker.)
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
 * HAProxy's settings on a worker host: from the Docker engine's bridge to any manager that has a leader. TLS passes through,
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
  # Connections to a dead manager go to another one at once.
  retries 3
  option redispatch 1
  balance roundrobin
  # A connection to a dead host is closed, and the ingress repeats its request. One to a manager without a leader stays open:
  # it answers once there is a new leader. If it were closed, the ingress would drop routes (see read-only-api.ts).
${keepAlives("srv", { idle: 4, interval: 1, count: 3 })}
  default-server check inter 1s downinter 5s fall 2 rise 2 tcp-ut 4s

# The Docker engine creates the bridge after HAProxy starts: "transparent" binds to an address that doesn't exist yet.
frontend read-only-api
  bind ${readOnlyApiAddress(config)}:${String(PORTS.readOnlyApi)} transparent
  use_backend living if { nbsrv(led) lt 1 }
  default_backend led

# Managers that have a leader. All possible addresses of managers are listed, used or not.
backend led
  option httpchk GET /health
  http-check expect status 200
  default-server port ${String(PORTS.health)}
${servers}
# While none has a leader, between the loss of one and the next election: any manager that accepts connections.
backend living
${servers}`;
}
