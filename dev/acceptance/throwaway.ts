import { parse, stringify } from "yaml";
import { cliPlatformOf } from "../../cli/platform";
import type { Drill } from "../../cli/platform/types";
import type { StackFile } from "../../cli/pulumi/project";
import { UserError } from "../../cli/terminal/errors";

/**
 * Refuses a stack that isn't there to be thrown away: one whose data is protected, or one on a platform without drills.
 *
 * @throws UserError that says what would make it one
 */
export function requireThrowaway(stack: string, file: StackFile): Drill {
  const drill = cliPlatformOf(file)?.drill;
  if (drill === undefined) {
    throw new UserError(`The acceptance test is for stacks on aws; ${stack} is on ${file.platform ?? "no platform"}.`);
  }
  const throwaway = drill.isThrowaway(stack, file);
  if (throwaway === undefined) {
    throw new UserError(`${file.path} isn't valid; this says why: npm run pulumi -- preview -s ${stack}`);
  }
  if (!throwaway) {
    throw new UserError(
      `Nothing was done: the acceptance test ends with a destroy, and the stack ${stack} is protected. It takes a stack with ` +
        `protect: false in swarm-ha:${file.platform ?? ""}, which marks its data as throw-away.`,
    );
  }
  return drill;
}

/** The text of a stack file with more workers in its first pool. Pure. @throws UserError for one without a count of workers */
export function withWorkers(text: string, extra: number): string {
  const file = parse(text) as { config?: Record<string, Record<string, { count?: number } | undefined> | undefined> };
  const [pool] = Object.values(file.config?.["swarm-ha:workers"] ?? {});
  if (pool?.count === undefined) throw new UserError("The stack file has no pool of workers with a count in it.");
  if (extra === 0) return text;
  pool.count += extra;
  return stringify(file);
}
