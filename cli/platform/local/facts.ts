import type { IngressRule } from "../../../policy/ingress-rules";
import { listAt, type Planned } from "../../../policy/planned";
import { LOCAL_STEPS } from "../../pulumi/env";
import type { CliPlatformFacts } from "../types";
import { removalCommand } from "./removal";

const CONTAINER = "pulumi-nodejs:dynamic/swarm-ha:Container";

/** See {@link CliPlatformFacts}: containers on this workstation's Docker engine. */
export const localFacts: CliPlatformFacts = {
  localState: true,
  worksWithKit: true,
  parallelSteps: () => LOCAL_STEPS,
  // HAProxy needs two successful checks, 5 s apart.
  noticeSeconds: 60,
  removalCommand,
  types: {
    instance: CONTAINER,
    labels: "labels",
    address: "address",
    loadBalancers: [],
    listeners: [],
    data: { "pulumi-nodejs:dynamic/swarm-ha:Network": "the registry's volume" },
  },
  protectsData: false,
  isThrowaway: () => false,
  hasPolicies: false,
  ingressRulesOf,
  groupsOf: () => [],
};

/** The ports that a container publishes on this workstation. */
function ingressRulesOf({ type, name, inputs }: Planned): IngressRule[] {
  return type === CONTAINER ? listAt(inputs, "ports").flatMap((port) => ingressRuleOf(port, name)) : [];
}

function ingressRuleOf(port: unknown, to: string): IngressRule[] {
  const [outside, inside] = typeof port === "string" ? port.split(":") : [];
  if (outside === undefined || inside === undefined) return [];
  return [
    { from: "this workstation", to, protocol: "tcp", port: outside === inside ? outside : `${outside}→${inside}` },
  ];
}
