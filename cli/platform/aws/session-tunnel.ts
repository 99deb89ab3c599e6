/**
 * The Session Manager's tunnel to a bastion without a public address. Pulumi's steps can't open one, so it must be open before
 * they run.
 */
import { connect } from "node:net";
import { LABELS } from "../../../plan/labels";
import { stackName } from "./stack-name";
import { UserError } from "../../terminal/errors";
import { isUp } from "../../pulumi/arguments";
import type { StackFile } from "../../pulumi/project";
import { awsKeys, defaultPort, regionOf } from "./keys";

/** Arguments that limit a destroy to a part of the stack. */
const PARTLY = /^(?:-t|--target|--exclude)/;

/** Milliseconds until an SSH server must have sent its name through the tunnel. */
const LIMIT = 5000;

/** The tunnel's port on this workstation; undefined for a stack that needs no tunnel. */
export function tunnelPort(file: Pick<StackFile, "text">): number | undefined {
  const { bastion } = awsKeys(file);
  return bastion?.access === "ssm" ? (bastion.port ?? defaultPort()) : undefined;
}

/**
 * Makes sure that the tunnel is open before a command that needs it.
 *
 * @param exists Whether the stack has a bastion already: the first `up` creates it, so there can be no tunnel before
 * @throws UserError with the command that opens it
 */
export async function checkTunnel(
  stack: string,
  file: StackFile,
  args: readonly string[],
  exists: () => Promise<boolean>,
): Promise<void> {
  const port = tunnelPort(file);
  if (port === undefined || !dials(args) || (await answers(port))) return;
  const command = tunnelCommand(stack, file, port);
  if (await exists()) {
    throw new UserError(
      `Nothing was done: the bastion of the stack ${stack} is reached by 127.0.0.1:${port}, and no SSH server answers ` +
        `there. Open the tunnel in another terminal, and run this again: npm run -s tunnel -- ${stack}. Without this clone:\n\n${command}`,
    );
  }
  process.stderr.write(
    `The bastion of the stack ${stack} is reached by a tunnel. Open it in another terminal now; it waits until the ` +
      `bastion is there: npm run -s tunnel -- ${stack}. Without this clone:\n\n${command}\n\n`,
  );
}

/** Whether a command connects to hosts. A destroy of the whole stack doesn't: its steps are `deletedWith` the platform's lifetime. */
function dials(args: readonly string[]): boolean {
  return isUp(args) || (args[0] === "destroy" && args.some((arg) => PARTLY.test(arg)));
}

/** The shell command that opens a stack's tunnel; undefined for a stack that needs none. */
export function openTunnel(stack: string, file: StackFile): string | undefined {
  const port = tunnelPort(file);
  return port === undefined ? undefined : tunnelCommand(stack, file, port);
}

/**
 * The command that opens the tunnel, and opens it again whenever the bastion was replaced. The file isn't validated by the
 * program's schema yet, and a shell runs this text: so each part is checked here.
 */
function tunnelCommand(stack: string, file: StackFile, port: number): string {
  const region = regionOf(file);
  if (!Number.isInteger(port)) throw new UserError(`${file.path}: swarm-ha:aws.bastion.port must be a whole number.`);
  const filters = [
    `tag:${LABELS.stack}`,
    stackName(stack),
    `tag:${LABELS.host}`,
    "bastion",
    "instance-state-name",
    "running",
  ];
  const pairs = [0, 2, 4].map((n) => `'Name=${filters[n] ?? ""},Values=${filters[n + 1] ?? ""}'`).join(" ");
  return (
    `  while sleep 3; do aws ssm start-session --region ${region} --document-name AWS-StartPortForwardingSession \\\n` +
    `    --parameters portNumber=22,localPortNumber=${port} --target "$(aws ec2 describe-instances --region ${region} \\\n` +
    `    --filters ${pairs} --query 'Reservations[].Instances[].InstanceId' --output text)"; done`
  );
}

/** Whether an SSH server answers with its name at a port of this workstation. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, LIMIT, false);
    socket.once("error", () => {
      end(false);
    });
    socket.once("close", () => {
      end(false);
    });
    socket.once("data", (data: Buffer) => {
      end(data.toString("latin1").startsWith("SSH-"));
    });
  });
}
