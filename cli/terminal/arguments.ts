import { parseArgs } from "node:util";
import { messageOf } from "../../components/message";
import { UserError } from "./errors";

/** What a command line may hold. */
export interface ArgumentsOptions<Flag extends string, Value extends string, Several extends string = never> {
  /** Names of flags: `json` for `--json`. @default none */
  readonly flags?: readonly Flag[];
  /** Names of options with a value: `from` for `--from <file>`. @default none */
  readonly values?: readonly Value[];
  /** Names of options with a value that may be given several times, or once with commas: `group` for `--group a=b,c=d`. @default none */
  readonly several?: readonly Several[];
  /** Stack when none is named. @default one has to be named */
  readonly stack?: string;
  /** Whether names of hosts may follow the stack. @default no */
  readonly hosts?: boolean;
}

/**
 * Reads a command line: `[stack] [host…] [--flag…]`.
 *
 * @param usage shown with every error
 * @returns `given`: the flags as they were given, such as `--json`
 * @throws UserError with what is wrong
 */
export function readArguments<
  Flag extends string = never,
  Value extends string = never,
  Several extends string = never,
>(
  usage: string,
  {
    flags = [],
    values = [],
    several = [],
    stack: fallback,
    hosts: mayNameHosts = false,
  }: ArgumentsOptions<Flag, Value, Several>,
  args: readonly string[] = process.argv.slice(2),
): { stack: string; hosts: string[]; given: string[] } & Record<Flag, boolean> &
  Partial<Record<Value, string>> &
  Record<Several, readonly string[]> {
  const options: Record<string, { type: "boolean"; default: false } | { type: "string"; multiple?: true }> = {};
  for (const name of several) options[name] = { type: "string", multiple: true };
  for (const flag of flags) options[flag] = { type: "boolean", default: false };
  for (const value of values) options[value] = { type: "string" };
  const wrong = (what: string): UserError => new UserError(`${what} Usage: ${usage}`);
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(`${messageOf(error).split(". ")[0] ?? ""}.`);
  }
  const [stack = fallback, ...hosts] = parsed.positionals;
  if (stack === undefined) throw wrong("Which stack?");
  if (hosts.length > 0 && !mayNameHosts) throw wrong(`Unexpected argument: ${hosts.join(" ")}.`);
  const read: Record<string, unknown> = parsed.values;
  for (const name of several) {
    read[name] = ((read[name] as string[] | undefined) ?? []).flatMap((value) => value.split(",")).filter(Boolean);
  }
  const given = flags.filter((flag) => read[flag] === true).map((flag) => `--${flag}`);
  type Read = Record<Flag, boolean> & Partial<Record<Value, string>> & Record<Several, readonly string[]>;
  return { ...(read as Read), stack, hosts, given };
}

/** The command line to run next: the flags that were given, and more, each once. */
export function again(command: string, given: readonly string[], ...more: readonly string[]): string {
  return [command, ...new Set([...given, ...more])].join(" ");
}
