/**
 * Labels, or tags, of a stack's hosts, bastion, load balancers and their resources, on every platform. They are documented in
 * docs/architecture.md, "What others rely on".
 */
export const LABELS = {
  /** Name of the stack. */
  stack: "swarm-ha.stack",
  /** Role: manager, registry, worker, bastion or load-balancer. */
  role: "swarm-ha.role",
  /** Failure zone; `all` for what spans them. */
  zone: "swarm-ha.zone",
  /** Pool of a worker; the tier of other hosts. Bastion and load balancers have none. */
  pool: "swarm-ha.pool",
  /** Name in the stack. */
  host: "swarm-ha.host",
  /**
   * Identity. On a node: of the host that it was set up on. On a container that took the place of a removed one: the id of
   * the first container.
   */
  identity: "swarm-ha.identity",
  /** On a node whose host is being upgraded: its availability before. */
  before: "swarm-ha.before-upgrade",
} as const;

/** Label of the swarm itself: when a new cluster was last formed after a lost majority, RFC 3339 (scripts/recover.sh). */
export const RECOVERED = "swarm-ha.recovered";

/** Prefix of all labels of the program's own. */
export const LABEL_PREFIX = "swarm-ha.";

/** Label of a service: the first part of its application's host name. */
export const APPLICATION_NAME = "swarm-ha.name";

/** Tag of data that may be deleted with its stack, unprotected: `yes`. */
export const THROWAWAY = "swarm-ha.throwaway";

/** The role of a load balancer's container. */
export const LOAD_BALANCER = "load-balancer";
