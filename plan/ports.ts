/** Ports of the cluster, TCP unless noted. The table in docs/architecture.md shows who may reach which. */
export const PORTS = {
  /** sshd. */
  ssh: 22,
  /** The managers' Docker API, mutual TLS. */
  api: 2376,
  /** Swarm management, between nodes. Source: reference architecture. */
  swarm: 2377,
  /** Gossip between nodes, TCP and UDP. Source: reference architecture. */
  gossip: 7946,
  /** Overlay networks between nodes, UDP. Source: reference architecture. */
  vxlan: 4789,
  /** The managers' health endpoint, plain HTTP, `GET /health`. */
  health: 8380,
  /** The managers' read-only API for the ingress: mutual TLS, and only the GET requests that it needs. */
  readOnlyApi: 8381,
  /** The registry's replicas, TLS. */
  registry: 5000,
  /** A replica's own health endpoint, reachable on its host only, plain HTTP, `GET /debug/health`. */
  registryHealth: 5001,
  /** The ingress on the workers, for applications. */
  http: 80,
  /** Likewise, TLS. */
  https: 443,
  /** The ingress's own health, plain HTTP, `GET /ping`. */
  ping: 8082,
} as const;
