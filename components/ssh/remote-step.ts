import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { hostInput, type HostConnection, type SshConnection } from "./connection";
import { dataText, forHost, installed, readScript, sent, sized, type StepData } from "./script";

/**
 * What a step has printed, read as JSON.
 *
 * Where an `up --target` leaves the step out, there is nothing of it; then no step that reads it is run either.
 */
export function resultOf<T extends object>(step: command.remote.Command): pulumi.Output<T> {
  return step.stdout.apply((stdout: string | undefined): T => JSON.parse(stdout ?? "{}") as T);
}

/** What both kinds of steps take. */
interface StepArgs {
  /** Name of the script in `scripts/`, without `.sh`. It has to be idempotent: any changed input runs it again. */
  readonly script: string;
  /** What the script reads from its standard input. Treated as secret as a whole. */
  readonly input: pulumi.Inputs;
  /** When one of these changes, the step is replaced: deleted first, then created. @default never replaced */
  readonly triggers?: pulumi.Input<string>[];
}

/** Arguments of {@link bastionStep}. */
export interface BastionStepArgs extends StepArgs {
  /** The bastion. */
  readonly connection: SshConnection;
  /**
   * Whether the bastion has the script already, with all others of the cluster-wide steps (prepare-bastion puts them
   * there). Else it travels with the data.
   *
   * @default true
   */
  readonly installed?: boolean;
  /** Name of the installed script that undoes the step; it reads the same input. @default nothing is done on delete */
  readonly onDelete?: string;
  /** Whether the step prints a secret: its output is then a secret, too. @default false */
  readonly secretOutput?: boolean;
}

/**
 * One idempotent step on the bastion, over SSH.
 *
 * The delete of a step dials the connection that the *state* holds. What has to happen when a host is gone must
 * therefore be a step on the bastion.
 */
export function bastionStep(
  name: string,
  args: BastionStepArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const script = readScript(args.script);
  const travels = args.installed === false;
  return step(
    name,
    {
      connection: args.connection,
      create: travels ? sent(script) : installed(script),
      ...(args.onDelete === undefined ? {} : { delete: installed(readScript(args.onDelete)) }),
      stdin: pulumi.output(args.input).apply((data) => (travels ? script.text : "") + dataText(data as StepData)),
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      logging: args.secretOutput === true ? "none" : "stderr",
    },
    { additionalSecretOutputs: args.secretOutput === true ? ["stdout", "stderr"] : [], ...opts },
  );
}

/** Arguments of {@link hostStep}. */
export interface HostStepArgs extends StepArgs {
  /** The host that it runs on. */
  readonly connection: HostConnection;
}

/**
 * One idempotent step on a host. The plugin dials the bastion alone; there `scripts/on-host.sh` waits until the host
 * shows its pinned key, and runs the step over OpenSSH. The step has to come after prepare-bastion, which installs that
 * script.
 *
 * A host step has no delete: a host that is gone would make it fail.
 */
export function hostStep(name: string, args: HostStepArgs, opts: pulumi.CustomResourceOptions): command.remote.Command {
  const { bastion, host } = args.connection;
  const script = readScript(args.script);
  const stdin = pulumi
    .all([pulumi.output(hostInput(host)), pulumi.output(args.input)])
    .apply(([way, data]) => sized(dataText(way as StepData)) + script.text + dataText(data as StepData));
  return step(
    name,
    {
      connection: bastion,
      create: forHost(script),
      stdin,
      ...(args.triggers === undefined ? {} : { triggers: args.triggers }),
      logging: "stderr",
    },
    opts,
  );
}

/**
 * What all steps have in common. Nothing but this function uses `command.remote`.
 *
 * Data, and a script that isn't installed, travel on standard input, as a secret, so that neither a command line, a
 * process list, a log nor a preview ever shows any of it.
 */
function step(
  name: string,
  args: Omit<command.remote.CommandArgs, "connection"> & { readonly connection: SshConnection },
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  return new command.remote.Command(
    name,
    {
      ...args,
      ...(args.stdin === undefined ? {} : { stdin: pulumi.secret(args.stdin) }),
      // A previous output in the environment would put a join token where every child process inherits it.
      addPreviousOutputInEnv: false,
    },
    { deleteBeforeReplace: true, ...opts },
  );
}
