/** What a host does in the swarm. */
export const ROLES = ["manager", "registry", "worker"] as const;

/** See {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Whether an instance is a host of the swarm, and not the bastion or a load balancer. */
export function isHost<T extends { readonly role: string }>(instance: T): instance is T & { readonly role: Role } {
  return (ROLES as readonly string[]).includes(instance.role);
}

/** The tiers: the hosts' roles, and the bastion, which is no node of the swarm. */
export const TIERS = [...ROLES, "bastion"] as const;

/** See {@link TIERS}. */
export type Tier = (typeof TIERS)[number];

/** The load balancers of the reference architecture. */
export type LoadBalancerName = "manager" | "registry" | "app";
