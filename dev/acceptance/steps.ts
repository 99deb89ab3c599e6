/** What the acceptance test does with a stack, as data. */

/** One step. */
export interface Step {
  readonly title: string;
  /** Minutes after which it is stopped and has failed. */
  readonly limit: number;
  /** Commands one after the other: a tool of this repository and its arguments. */
  readonly commands: readonly Command[];
  /** Workers that the stack file has from this step on, more or fewer than its own. @default as the step before */
  readonly extraWorkers?: number;
}

/** A command of a step. */
export interface Command {
  /** `terminate-zone` ends the instances of one zone behind Pulumi's back; any other is a command of cli/commands. */
  readonly tool: "pulumi" | "status" | "replace" | "destroy" | "unmanaged" | "terminate-zone";
  readonly args: readonly string[];
  /** Whether it is run again until it succeeds, for the rest of the step's time. @default it gets one try */
  readonly waits?: boolean;
}

/** Minutes for all steps together: the end gets its own time. */
export const STEPS_LIMIT = 55;

const pulumi = (...args: readonly string[]): Command => ({ tool: "pulumi", args });
const up = (...more: readonly string[]): Command => pulumi("up", "--yes", "--skip-preview", ...more);
/** Load balancers take up to a minute to see a new member. */
const healthy: Command = { tool: "status", args: [], waits: true };

/** In their order; the first that fails is the last before the end. */
export const STEPS: readonly Step[] = [
  { title: "preview", limit: 5, commands: [pulumi("preview")] },
  { title: "up from nothing, healthy at the first try", limit: 20, commands: [up(), healthy] },
  { title: "up again: no change", limit: 5, commands: [up("--expect-no-changes")] },
  { title: "two workers more", limit: 10, extraWorkers: 2, commands: [up(), healthy] },
  { title: "two workers fewer", limit: 10, extraWorkers: 0, commands: [up(), healthy] },
  {
    title: "a zone's instances end behind Pulumi's back; refresh and up replace them",
    limit: 20,
    commands: [{ tool: "terminate-zone", args: [] }, pulumi("refresh", "--yes", "--skip-preview"), up(), healthy],
  },
  { title: "replace manager-1", limit: 15, commands: [{ tool: "replace", args: ["manager-1"] }, healthy] },
  { title: "replace the bastion", limit: 15, commands: [{ tool: "replace", args: ["bastion"] }, healthy] },
];

/** Whatever came before: it always runs, each step of it. */
export const END: readonly Step[] = [
  { title: "destroy", limit: 15, commands: [{ tool: "destroy", args: ["--yes"], waits: true }] },
  // Deleting goes on for a while after AWS has answered.
  { title: "unmanaged", limit: 5, commands: [{ tool: "unmanaged", args: [], waits: true }] },
];

/** Minutes that a whole run takes at most. */
export const LONGEST = STEPS_LIMIT + END.reduce((sum, { limit }) => sum + limit, 0);
