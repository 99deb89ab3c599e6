import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { SshConnection } from "./connection";
import { dataText, installed, readScript, sent, type StepData } from "./script";

/**
 * What a step has printed, read as JSON.
 *
 * Where an `up --target` leaves the step out, there is nothing of it; then no step that reads it is run either.
 */
export function resultOf<T extends object>(step: command.remote.Command): pulumi.Output<T> {
  return step.stdout.apply((stdout: string | undefined): T => JSON.parse(stdout ?? "{}") as T);
}

/** Arguments of {@link remoteStep}. */
export interface RemoteStepArgs {
  /** The machine it runs on. */
  readonly connection: SshConnection;
  /** Name of the script in `scripts/`, without `.sh`. It has to be idempotent: any changed input runs it again. */
  readonly script: string;
  /** What the script reads from its standard input. Treated as secret as a whole. */
  readonly input: pulumi.Inputs;
  /** When one of these changes, the step is replaced: deleted first, then created. @default never replaced */
  readonly triggers?: pulumi.Input<string>[];
  /**
   * Whether the machine has the script already, with all others of the cluster-wide steps (prepare-operator puts them
   * there). Else it travels with the data, and stands in the state twice for each host.
   *
   * @default false
   */
  readonly installed?: boolean;
  /** Name of the installed script that undoes the step; it reads the same input. @default nothing is done on delete */
  readonly onDelete?: string;
  /** Whether the step prints a secret: its output is then a secret, too. @default false */
  readonly secretOutput?: boolean;
}

/**
 * One idempotent step on a machine, over SSH.
 *
 * Data, and a script that isn't installed, travel on standard input, as a secret, so that neither a command line, a process list, a
 * log nor a preview ever shows any of it. Nothing but this function uses `command.remote`.
 *
 * The delete of a step dials the connection that the *state* holds. What has to happen when a host is gone must
 * therefore be a step on the operator.
 */
export function remoteStep(
  name: string,
  args: RemoteStepArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const script = readScript(args.script);
  return new command.remote.Command(
    name,
    {
      connection: args.connection,
      create: args.installed === true ? installed(script) : sent(script),
      ...(args.onDelete === undefined ? {} : { delete: installed(readScript(args.onDelete)) }),
      stdin: pulumi.secret(
        pulumi
          .output(args.input)
          .apply((data) => (args.installed === true ? "" : script.text) + dataText(data as StepData)),
      ),
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      // A previous output in the environment would put a join token where every child process inherits it.
      addPreviousOutputInEnv: false,
      logging: args.secretOutput === true ? "none" : "stderr",
    },
    {
      deleteBeforeReplace: true,
      additionalSecretOutputs: args.secretOutput === true ? ["stdout", "stderr"] : [],
      ...opts,
    },
  );
}
