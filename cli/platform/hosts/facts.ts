import type { CliPlatformFacts } from "../types";

const HOST = "pulumi-nodejs:dynamic/swarm-ha:Host";

/** See {@link CliPlatformFacts}: hosts that exist already. */
export const hostsFacts: CliPlatformFacts = {
  localState: false,
  parallelSteps: () => 16,
  noticeSeconds: 60,
  types: { instance: HOST, labels: "labels", address: "address", loadBalancers: [], listeners: [], data: {} },
  protectsData: true,
  isThrowaway: () => false,
  hasPolicies: false,
  ingressRulesOf: () => [],
  groupsOf: () => [],
};
