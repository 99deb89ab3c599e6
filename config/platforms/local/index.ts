import type { z } from "zod";
import type { PlatformDefinition, StackConfigOf } from "../types";
import { portProblems } from "./rules";
import { keys } from "./schema";
import { stackNameProblem } from "./stack-name";

type LocalKeys = typeof keys;
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no keys of pools
type NoKeys = Readonly<Record<never, z.ZodType>>;

/** A checked configuration of a stack on this workstation's Docker engine. */
export type LocalStackConfig = StackConfigOf<"local", LocalKeys, NoKeys>;

/** Hosts as containers on this workstation's Docker engine. */
export const local: PlatformDefinition<"local", LocalKeys, NoKeys> = {
  where: "containers on this workstation's Docker engine",
  hosts: "containers on this workstation",
  keys,
  // Containers have no size of their own.
  poolKeys: {},
  defaults: { zones: ["zone-a", "zone-b", "zone-c"], domain: "swarm.localhost" },
  propagation: ["check", "skip"],
  imagesFrom: "this workstation's Docker engine",
  backupFolder: "/var/lib/swarm-ha-backup",
  takenRanges: [{ range: "172.17.0.0/16", by: "the default bridge of this workstation's Docker engine" }],
  keepsHostRange: true,
  stackName: stackNameProblem,
  rules: portProblems,
  warnings: () => [],
};
