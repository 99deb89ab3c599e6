import type { Tier } from "../../../plan/roles";
import type { Architecture } from "./instance-types";

/** Defaults of instances by tier: instance types by architecture, and the root volume's GiB. */
export const AWS_INSTANCES = {
  manager: { amd64: "t3.medium", arm64: "t4g.medium", volume: 30 },
  registry: { amd64: "t3.medium", arm64: "t4g.medium", volume: 30 },
  worker: { amd64: "m6i.large", arm64: "m6g.large", volume: 50 },
  bastion: { amd64: "t3.micro", arm64: "t4g.micro", volume: 10 },
} as const satisfies Record<Tier, Record<Architecture, string> & { readonly volume: number }>;
