import type { CliPlatformFacts } from "../types";

const HOST = "pulumi-nodejs:dynamic/swarm-ha:Host";

/** See {@link CliPlatformFacts}: hosts that exist already. */
export const hostsFacts: CliPlatformFacts = {
  // A first stack needs no account and no login; a team keeps its state where it keeps that of its clouds.
  localState: "by default",
  // Its resources are dynamic ones and SSH commands.
  worksWithKit: true,
  parallelSteps: () => 16,
  noticeSeconds: 60,
  types: { instance: HOST, labels: "labels", address: "address", loadBalancers: [], listeners: [], data: {} },
  hostTraits: {
    // A released host keeps /var/lib/docker.
    keepsVolumes: true,
    missing: "the stack's state doesn't have it",
    stopped: "it doesn't run",
    another: "it was claimed again since the last up",
  },
  // Nothing of the stack's own is data: see components/platform/hosts.
  protectsData: false,
  isThrowaway: () => false,
  hasPolicies: false,
  ingressRulesOf: () => [],
  groupsOf: () => [],
};
