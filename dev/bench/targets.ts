/**
 * What of a stack the benchmark makes, as patterns of the Pulumi engine's `--target`. The Pulumi engine refuses targets of which it isn't
 * told all that they depend on.
 */

/** What is there before the steps begin: keys, certificates and hosts with sshd up. */
export const BEFORE_STEPS = [
  "**swarm-ha:ssh:Keys**",
  "**::swarm-ha:platform:Local::**",
  "**swarm-ha:Network::**",
  "**swarm-ha:Container::**",
  "**swarm-ha:pki:**",
  "**AddressRanges::ranges",
  // The registry's password, which the program can't do without.
  "**::swarm-ha:registry:Registry::**",
  "**::registry-secret",
  "**::registry-secret-2",
  "**::registry-http-secret",
  "**LoginInUse::registry-login",
];
/**
 * What the other contenders make, too: the swarm, without a registry and an ingress on it. Nodes wait for the images of those; the
 * hosts have them already (images.ts).
 */
export const SWARM = [...BEFORE_STEPS, "**swarm-ha:swarm:**", "**swarm-ha:HostImage::**"];
