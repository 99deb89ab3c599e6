import type { Door } from "../../../policy/doors";
import { listAt, type Planned } from "../../../policy/planned";
import { LOCAL_STEPS } from "../../pulumi/env";
import type { CliPlatformFacts } from "../types";
import { removalCommand } from "./removal";

const MACHINE = "pulumi-nodejs:dynamic/swarm-ha:Machine";

/** See {@link CliPlatformFacts}: containers on this workstation's Docker engine. */
export const localFacts: CliPlatformFacts = {
  localState: true,
  parallelSteps: () => LOCAL_STEPS,
  // HAProxy wants two checks, 5 s apart.
  noticeSeconds: 60,
  removalCommand,
  types: {
    machine: MACHINE,
    labels: "labels",
    loadBalancers: [],
    listeners: [],
    data: { "pulumi-nodejs:dynamic/swarm-ha:Network": "the registry's volume" },
  },
  protectsData: false,
  isThrowaway: () => false,
  hasPolicies: false,
  doorsOf,
  groupsOf: () => [],
};

/** The ports that a machine publishes on this workstation. */
function doorsOf({ type, name, inputs }: Planned): Door[] {
  return type === MACHINE ? listAt(inputs, "ports").flatMap((port) => doorOf(port, name)) : [];
}

function doorOf(port: unknown, to: string): Door[] {
  const [outside, inside] = typeof port === "string" ? port.split(":") : [];
  if (outside === undefined || inside === undefined) return [];
  return [{ from: "this machine", to, protocol: "tcp", port: outside === inside ? outside : `${outside}→${inside}` }];
}
