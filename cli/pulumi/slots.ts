import { availableParallelism } from "node:os";
import type { StackConfig } from "../../config";
import type { PlacementConfig } from "../../plan/placement";
import { FACTS } from "../platform/facts";
import { readStackConfig } from "./config";
import type { StackFile } from "./project";

/** Steps that have to go on while all hosts of a pool wait for their turn (scripts/lib/turns.sh): those of the first ones. */
const BESIDE = 4;

/** The environment with as many parallel steps as the stack needs, unless the user has set a number. */
export function withSlots(
  stack: string,
  file: Pick<StackFile, "text">,
  args: readonly string[],
  base: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (base["PULUMI_PARALLEL"] !== undefined || !["up", "update", "destroy"].includes(args[0] ?? "")) return base;
  const config = readStackConfig(stack, file);
  return config === undefined ? base : { ...base, PULUMI_PARALLEL: String(slotsFor(config, availableParallelism())) };
}

/**
 * How many steps have to run in parallel. A host that waits for its turn to go holds one of Pulumi's slots; without a free
 * one, those before it never come back. Pure.
 */
export function slotsFor(
  { platform, registry, workers }: Pick<StackConfig, "platform" | "registry"> & Pick<PlacementConfig, "workers">,
  processors: number,
): number {
  const pools = [registry.replicas, ...Object.values(workers).map(({ count }) => count)];
  return Math.max(FACTS[platform].parallelSteps(processors), ...pools.map((count) => count + BESIDE));
}
