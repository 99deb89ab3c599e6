import { shellQuote } from "../shell-quote";
import { readScript } from "./script";

/** Who logs in, and what makes root of that user. */
export interface Sudoer {
  /** User that logs in. */
  readonly user: string;
  /** Password that sudo asks for. Secret. @default sudo asks for none */
  readonly sudoPassword?: string | undefined;
}

/** A command line, and what its standard input begins with. */
export interface Elevated {
  /** The command line. It contains no secret. */
  readonly command: string;
  /** Goes ahead of the command's own input; empty for root. A secret when there is a password. */
  readonly prefix: string;
}

/**
 * The command line that runs one of our commands as root.
 *
 * For root it is the command itself. Any other user runs it by sudo (scripts/as-root.sh): input, output and exit code stay the
 * command's. If sudo refuses, the exit code is 1, and standard error has one line with user and host. The command line is
 * the same with and without a password, which is the one line of {@link Elevated.prefix} behind the script.
 *
 * The login shell sees one word in single quotes, so it needn't be bash. A command must have no backslash before a single
 * quote: fish reads that in another way.
 *
 * @throws Error when the password has a line break, which sudo couldn't read
 */
export function asRoot(command: string, login: Sudoer): Elevated {
  if (login.user === "root") return { command, prefix: "" };
  return { command: `${elevator().start} ${shellQuote(command)}`, prefix: prefixFor(login) };
}

/** A whole call as root: command line and standard input. See {@link asRoot}. */
export function callAsRoot<T extends { readonly command: string; readonly input: string }>(call: T, login: Sudoer): T {
  const { command, prefix } = asRoot(call.command, login);
  return { ...call, command, input: prefix + call.input };
}

/**
 * The same for a command that the bastion composes (scripts/on-host.sh).
 *
 * @returns what goes before the quoted command, and before its input; undefined for root
 */
export function elevation(login: Sudoer): { readonly start: string; readonly prefix: string } | undefined {
  return login.user === "root" ? undefined : { start: elevator().start, prefix: prefixFor(login) };
}

function prefixFor({ sudoPassword = "" }: Sudoer): string {
  if (/[\n\r\0]/.test(sudoPassword)) throw new Error("a password of sudo can't have a line break");
  return `${elevator().text}${sudoPassword}\n`;
}

/** The script, and the command line that reads it from standard input. (`head -c` reads exactly that many bytes.) */
function elevator(): { readonly start: string; readonly text: string } {
  const { step, text } = readScript("as-root");
  const size = Buffer.byteLength(text, "utf8");
  return { start: `exec bash -c 'eval "$(head -c ${String(size)})"' ${step}`, text };
}
