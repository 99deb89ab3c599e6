import { parseArgs } from "node:util";
import { UserError } from "./errors";

/** What a tool's command line may hold. */
export interface ArgumentsOptions<Flag extends string> {
  /** Names of flags: `json` for `--json`. */
  readonly flags: readonly Flag[];
  /** Stack when none is named. @default one has to be named */
  readonly stack?: string;
  /** Whether names of hosts may follow the stack. @default no */
  readonly hosts?: boolean;
}

/**
 * Reads a tool's command line: `[stack] [host…] [--flag…]`.
 *
 * @param usage shown with every mistake
 * @returns `given`: the flags as they were given, such as `--json`
 * @throws UserError that says what is wrong with it
 */
export function readArguments<Flag extends string>(
  usage: string,
  { flags, stack: fallback, hosts: mayNameHosts = false }: ArgumentsOptions<Flag>,
  args: readonly string[] = process.argv.slice(2),
): { stack: string; hosts: string[]; given: string[] } & Record<Flag, boolean> {
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: "boolean" as const, default: false }]));
  const wrong = (what: string): UserError => new UserError(`${what} Usage: ${usage}`);
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? `${error.message.split(". ")[0] ?? ""}.` : String(error));
  }
  const [stack = fallback, ...hosts] = parsed.positionals;
  if (stack === undefined) throw wrong("Which stack?");
  if (hosts.length > 0 && !mayNameHosts) throw wrong(`Unexpected argument: ${hosts.join(" ")}.`);
  const values = Object.fromEntries(flags.map((flag) => [flag, parsed.values[flag] === true])) as Record<Flag, boolean>;
  return { stack, hosts, given: flags.filter((flag) => values[flag]).map((flag) => `--${flag}`), ...values };
}

/** The command line to run next: the flags that were given, and more, each once. */
export function again(command: string, given: readonly string[], ...more: readonly string[]): string {
  return [command, ...new Set([...given, ...more])].join(" ");
}
