import type { z } from "zod";
import type { PlatformDefinition, StackConfigOf } from "../types";
import { inventoryOf } from "./inventory";
import { hostsProblems, hostsWarnings } from "./rules";
import { keys } from "./schema";

type HostsKeys = typeof keys;
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no keys of pools
type NoKeys = Readonly<Record<never, z.ZodType>>;

/** Keys of this platform alone. */
export type HostsConfig = z.output<HostsKeys["hosts"]>;

/** A checked configuration of a stack on hosts that exist already. */
export type HostsStackConfig = StackConfigOf<"hosts", HostsKeys, NoKeys>;

/** Hosts that exist already, reached by SSH. */
export const hosts: PlatformDefinition<"hosts", HostsKeys, NoKeys> = {
  where: "hosts that exist already",
  hosts: "hosts of the inventory",
  keys,
  poolKeys: {},
  defaults: {},
  propagation: ["check", "skip"],
  takenRanges: [],
  createsHosts: false,
  // There is no such range.
  keepsHostRange: true,
  rules: hostsProblems,
  warnings: hostsWarnings,
  inventory: ({ hosts: own }) => (own === undefined ? undefined : inventoryOf(own)),
};
