import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asRoot } from "./elevate";
import { hostInput, type HostConnection, type SshConnection } from "./connection";
import { dataText, forHost, installed, readScript, sent, sized, type StepData } from "./script";

/**
 * A step's output, parsed as JSON.
 *
 * If an `up --target` leaves the step out, there is no output. Then no step that reads it runs either.
 */
export function resultOf<T extends object>(step: command.remote.Command): pulumi.Output<T> {
  return step.stdout.apply((stdout: string | undefined): T => JSON.parse(stdout ?? "{}") as T);
}

/** Arguments of both kinds of steps. */
interface StepArgs {
  /** Name of the script in `scripts/`, without `.sh`. It must be idempotent: any changed input runs it again. */
  readonly script: string;
  /** The script's input, on standard input. Secret as a whole. */
  readonly input: pulumi.Inputs;
  /** When one of these changes, the step is replaced: deleted first, then created. @default never replaced */
  readonly triggers?: pulumi.Input<string>[];
}

/** Arguments of {@link bastionStep}. */
export interface BastionStepArgs extends StepArgs {
  /** The bastion. */
  readonly connection: SshConnection;
  /**
   * Whether the script is installed on the bastion, like those of all steps but prepare-bastion, which installs them there.
   * Otherwise it is sent with the data.
   *
   * @default true
   */
  readonly installed?: boolean;
  /** Name of the installed script that undoes the step, with the same input. @default delete does nothing */
  readonly onDelete?: string;
  /** Whether the step prints a secret: its output is then a secret, too. @default false */
  readonly secretOutput?: boolean;
}

/**
 * One idempotent step on the bastion, over SSH.
 *
 * The delete of a step dials the connection in the *state*. So work for a host that is gone must
 * be a step on the bastion.
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
 * One idempotent step on a host. The plugin dials only the bastion. There, `scripts/on-host.sh` waits until the host
 * shows its pinned key, and runs the step over OpenSSH. The step must depend on prepare-bastion, which installs both
 * scripts.
 *
 * A host step has no delete: it would fail if the host is gone.
 */
export function hostStep(name: string, args: HostStepArgs, opts: pulumi.CustomResourceOptions): command.remote.Command {
  const { bastion, host } = args.connection;
  const script = readScript(args.script);
  const stdin = pulumi
    .all([hostInput(host), pulumi.output(args.input)])
    .apply(([way, data]) => sized(dataText(way)) + dataText(data as StepData));
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
 * The common part of all steps. Only this function uses `command.remote`. Commands run as root on the bastion, also where
 * another user logs in.
 *
 * Data, and a script that isn't installed, are sent on standard input, as a secret. So no command line,
 * process list, log or preview ever shows them.
 */
function step(
  name: string,
  args: Omit<command.remote.CommandArgs, "connection" | "create" | "delete" | "stdin"> & {
    readonly connection: SshConnection;
    readonly create: string;
    readonly delete?: string;
    readonly stdin: pulumi.Output<string>;
  },
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const { sudoPassword, ...connection } = args.connection;
  const user = connection.user ?? "root";
  const line = (text: string): string => asRoot(text, { user }).command;
  return new command.remote.Command(
    name,
    {
      ...args,
      connection,
      create: line(args.create),
      ...(args.delete === undefined ? {} : { delete: line(args.delete) }),
      stdin: pulumi.secret(
        pulumi
          .all([args.stdin, sudoPassword])
          .apply(([text, password]) => asRoot("", { user, sudoPassword: password }).prefix + text),
      ),
      // Otherwise every child process would inherit the previous output, such as a join token, in its environment.
      addPreviousOutputInEnv: false,
    },
    { deleteBeforeReplace: true, ...opts },
  );
}
