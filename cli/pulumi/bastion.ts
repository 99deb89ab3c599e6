/**
 * The bastion, before a run whose steps dial it. The command plugin waits without a limit for a host that takes its
 * connection and stays silent, such as one that is paused, and only a second Ctrl-C ends the run.
 */
import { connect } from "node:net";
import { parse } from "yaml";
import { SetupError } from "../terminal/errors";
import { PROJECT, type StackFile } from "./project";

/** Commands whose steps dial the bastion. */
const DIALLING = ["up", "update"];

/** Seconds until the bastion must have shown an SSH banner. */
const LIMIT = 10;

/** Where the bastion's sshd is, as seen from here. */
export interface BastionAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Makes sure that the bastion of a stack isn't silent. One that refuses connections or can't be reached is no error
 * here: the steps' own dials have a limit, and the run may be the one that replaces it.
 *
 * @param address undefined while there is no bastion
 * @throws SetupError that names the bastion's address and what helps
 */
export async function checkBastion(
  stack: string,
  args: readonly string[],
  address: () => Promise<BastionAddress | undefined>,
  limit = LIMIT,
): Promise<void> {
  // A run that names the bastion replaces it, as `npm run repair` does.
  if (!DIALLING.includes(args[0] ?? "") || args.some((argument) => argument.includes("bastion"))) return;
  const at = await address();
  if (at === undefined || !(await isSilent(at, limit))) return;
  throw new SetupError(
    `Nothing was done: the bastion of the stack ${stack} takes connections at ${at.host}:${at.port}, but shows no SSH banner ` +
      `within ${limit} s. It may be paused or overloaded. Bring it back: npm run repair -- ${stack}`,
  );
}

/** The bastion of a stack on this workstation, by its stack file. */
export function localBastion({ text }: Pick<StackFile, "text">): BastionAddress {
  const content = parse(text) as { config?: Record<string, { ports?: { ssh?: number } } | null | undefined> } | null;
  // The schema's default: the file is read before the program, which fills it in, has run.
  return { host: "127.0.0.1", port: content?.config?.[`${PROJECT}:local`]?.ports?.ssh ?? 22022 };
}

/** The bastion with a public address in what `pulumi stack export` prints; undefined where there is none. */
export function publicBastion(exported: string | undefined): BastionAddress | undefined {
  if (exported === undefined) return undefined;
  const { deployment } = JSON.parse(exported) as {
    deployment?: { resources?: { urn: string; type: string; outputs?: { publicIp?: unknown } }[] };
  };
  const address = deployment?.resources?.find(
    ({ type, urn }) => type === "aws:ec2/eip:Eip" && urn.endsWith("::bastion"),
  )?.outputs?.publicIp;
  return typeof address === "string" ? { host: address, port: 22 } : undefined;
}

/** Whether somebody takes a connection, and then neither says anything nor closes it. */
function isSilent({ host, port }: BastionAddress, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let taken = false;
    const end = (silent: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(silent);
    };
    const timer = setTimeout(() => {
      end(taken);
    }, limit * 1000);
    socket.once("connect", () => (taken = true));
    for (const event of ["data", "error", "close"]) {
      socket.once(event, () => {
        end(false);
      });
    }
  });
}
