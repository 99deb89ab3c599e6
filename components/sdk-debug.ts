/** The debug messages of Pulumi's SDK, which the program drops (lean-sdk.ts). */

/** The environment variable that keeps them. Whoever calls the official `pulumi` with `--debug` sets it, too. */
export const SDK_DEBUG = "SWARM_HA_SDK_DEBUG";

/** Whether a command line of Pulumi asks for debug messages. */
export function asksForDebug(args: readonly string[]): boolean {
  return args.some((argument) => /^(--debug|--logtostderr|--verbose(=.*)?|-[dv]\d*|-v=.*)$/.test(argument));
}
