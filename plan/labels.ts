/**
 * Labels, or tags, of a stack's machines and of what belongs to them, on every platform. Others rely on them:
 * docs/architecture.md, "What others rely on".
 */
export const LABELS = {
  /** Name of the stack. */
  stack: "swarm-ha.stack",
  /** What the machine is for: manager, registry, worker, bastion or load-balancer. */
  role: "swarm-ha.role",
  /** Failure zone; `all` for what spans them. */
  zone: "swarm-ha.zone",
  /** Pool of a worker; the tier of other hosts. Bastion and load balancers have none. */
  pool: "swarm-ha.pool",
  /** The machine's name in the stack. */
  host: "swarm-ha.host",
  /**
   * The machine's identity: on a node, of the machine that it was set up on; on a container that took the place of a removed
   * one, the id of the machine's first container.
   */
  identity: "swarm-ha.identity",
} as const;

/** Prefix of all labels of the program's own. */
export const LABEL_PREFIX = "swarm-ha.";

/** Label of a service: the first part of its application's host name. */
export const APPLICATION_NAME = "swarm-ha.name";

/** Tag of data that may be deleted with its stack, unprotected: `yes`. */
export const THROWAWAY = "swarm-ha.throwaway";

/** The role of a load balancer's machine. */
export const LOAD_BALANCER = "load-balancer";
