import { availableParallelism } from "node:os";
import type { StackConfig } from "../../config";
import { configOf } from "./config";
import type { StackFile } from "./project";

/** Steps that have to go on while all hosts of a pool wait for their turn (scripts/lib/turns.sh): those of the first ones. */
const BESIDE = 4;
/** Pulumi's own default for each processor. Source: pulumi v3.245.0, pkg/cmd/pulumi/operations/up.go, `defaultParallel`. */
const EACH = 4;

/** Arguments with as many parallel steps as the stack's largest pool needs, where Pulumi's own default is less. */
export function withSlots(stack: string, file: Pick<StackFile, "text">, args: readonly string[]): string[] {
  const [command = ""] = args;
  const said = args.some((one) => /^(--parallel|-p)(=|$)/.test(one)) || process.env["PULUMI_PARALLEL"] !== undefined;
  const config = ["up", "update", "destroy"].includes(command) && !said ? configOf(stack, file) : undefined;
  const slots = config === undefined ? undefined : slotsFor(config, availableParallelism());
  return slots === undefined ? [...args] : [...args, "--parallel", String(slots)];
}

/**
 * How many steps have to run in parallel. A host that waits for its turn to go holds one of Pulumi's slots; without a free
 * one, those before it never come back. Pure.
 *
 * @returns undefined where Pulumi's own default is enough
 */
export function slotsFor(
  { registry, workers }: Pick<StackConfig, "registry" | "workers">,
  processors: number,
): number | undefined {
  const largest = Math.max(registry.replicas, ...Object.values(workers).map(({ count }) => count));
  return largest + BESIDE > EACH * processors ? largest + BESIDE : undefined;
}
