import { availableParallelism } from "node:os";
import type { StackConfig } from "../../config";
import { configOf } from "./config";
import type { StackFile } from "./project";

/** Steps that have to go on while all hosts of a pool wait for their turn (scripts/lib/turns.sh): those of the first ones. */
const BESIDE = 4;
/** What a local stack gets in any case (env.ts). */
const LOCAL = 32;
/** Pulumi's own default for each processor. Source: pulumi v3.245.0, pkg/cmd/pulumi/operations/up.go, `defaultParallel`. */
const EACH = 4;

/** The environment with as many parallel steps as the stack needs, where nobody has said a number. */
export function withSlots(
  stack: string,
  file: Pick<StackFile, "text">,
  args: readonly string[],
  base: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (base["PULUMI_PARALLEL"] !== undefined || !["up", "update", "destroy"].includes(args[0] ?? "")) return base;
  const config = configOf(stack, file);
  return config === undefined ? base : { ...base, PULUMI_PARALLEL: String(slotsFor(config, availableParallelism())) };
}

/**
 * How many steps have to run in parallel. A host that waits for its turn to go holds one of Pulumi's slots; without a free
 * one, those before it never come back. Pure.
 */
export function slotsFor(
  { platform, registry, workers }: Pick<StackConfig, "platform" | "registry" | "workers">,
  processors: number,
): number {
  const pools = [registry.replicas, ...Object.values(workers).map(({ count }) => count)];
  return Math.max(platform === "local" ? LOCAL : EACH * processors, ...pools.map((count) => count + BESIDE));
}
