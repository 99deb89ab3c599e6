import { MANAGER_COUNTS } from "../../config/schema";
import { engineNetwork, type EngineConfig } from "../../plan/addressing";
import { planHosts, type PlacementConfig } from "../../plan/placement";
import { managersOf, type ManagerAddress } from "./bastion";
import { PORTS } from "../../plan/ports";

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
 * The address of a worker at which its containers find the managers' door. Its processes do, too, and whoever on another
 * machine of the network segment routes the bridge's address there; all of them meet a door that wants a certificate.
 */
export function doorAddress(config: EngineConfig): string {
  return engineNetwork(config).bip.split("/")[0] ?? "";
}

/**
 * HAProxy's settings on a worker host: from the engine's bridge to whichever manager has a leader. TLS passes through,
 * so that the door sees the ingress's certificate.
 */
export function workerProxySettings(config: PlacementConfig & EngineConfig): string {
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

# The bridge comes with the engine, after this: "transparent" binds to an address that isn't there yet.
listen door
  bind ${doorAddress(config)}:${String(PORTS.door)} transparent
  balance roundrobin
  option httpchk GET /health
  http-check expect status 200
  default-server check port ${String(PORTS.health)} inter 1s downinter 5s fall 2 rise 2 on-marked-down shutdown-sessions
  # All places of managers, taken or not.
${managerPlaces(config)
  .map(({ name, address }) => `  server ${name} ${address}:${String(PORTS.door)}\n`)
  .join("")}`;
}
