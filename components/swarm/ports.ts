/** TCP ports of the cluster; the table in docs/architecture.md says who may reach which. */
export const PORTS = {
  /** sshd. */
  ssh: 22,
  /** The managers' engines' API, mutual TLS. */
  api: 2376,
  /** Swarm management, between nodes. Source: reference architecture. */
  swarm: 2377,
  /** Gossip between nodes, TCP and UDP. Source: reference architecture. */
  gossip: 7946,
  /** The managers' health endpoint, plain HTTP, `GET /health`. */
  health: 8380,
} as const;
