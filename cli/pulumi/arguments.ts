/** Reading a Pulumi command line. */

/** A command line with its stack taken out. */
export interface SplitArguments {
  /** What `-s` or `--stack` said. */
  readonly stack: string | undefined;
  /** All the rest. */
  readonly rest: readonly string[];
}

/** Takes `-s <stack>`, `--stack <stack>` or `--stack=<stack>` out of a command line. The last one counts. */
export function splitStack(args: readonly string[]): SplitArguments {
  let stack: string | undefined;
  const rest: string[] = [];
  for (let n = 0; n < args.length; n++) {
    const argument = args[n] ?? "";
    if (argument === "--") return { stack, rest: [...rest, ...args.slice(n)] };
    const joined = /^(?:--stack=|-s=?)(.+)$/.exec(argument);
    if (argument === "-s" || argument === "--stack") stack = args[++n];
    else if (joined !== null) stack = joined[1];
    else rest.push(argument);
  }
  return { stack, rest };
}

/** Commands that change nothing of a stack's resources, by their first and second word; `stack` alone shows it. */
const READING = ["config", "about", "logs"];
const READING_OF_STACK = [undefined, "output", "export", "ls", "history", "graph"];

/**
 * Whether a command needs a healed state, and so waits for nobody else's run: whatever may change resources does. `cancel`
 * doesn't: it is there for a lock that healing can't remove.
 */
export function needsHealing(args: readonly string[]): boolean {
  const [first = "help", second] = args.filter((argument) => !argument.startsWith("-"));
  if (first === "stack") return !READING_OF_STACK.includes(second);
  return first !== "cancel" && !READING.includes(first);
}

/** Commands that are about no stack in particular, or that make, list or name stacks themselves. */
export function needsNoStack(args: readonly string[]): boolean {
  const words = args.filter((argument) => !argument.startsWith("-"));
  const [first = "help", second = ""] = words;
  if (args.includes("--help") || args.includes("-h")) return true;
  if (first === "stack") return ["ls", "init", "select"].includes(second);
  return ["help", "version", "login", "logout", "whoami", "plugin", "about", "schema", "package", "new", "ai"].includes(
    first,
  );
}

/** Whether a command runs the program's steps. */
export function isUp(args: readonly string[]): boolean {
  return args[0] === "up" || args[0] === "update";
}

/** Whether a command relies on the state being true. A destroy deletes what is in it, and reading changes nothing. */
export function buildsOnState(args: readonly string[]): boolean {
  return isUp(args) || ["preview", "refresh", "watch", "import"].includes(args[0] ?? "");
}

/** Options of an `up` that leave the rest of the stack aside, or change nothing. */
const PARTIAL = ["--target", "-t", "--exclude", "--target-dependents", "--help", "-h"];

/** Whether a command brings up the whole stack: then it is to be healthy afterwards. */
export function isWholeUp(args: readonly string[]): boolean {
  const [first] = args.filter((argument) => !argument.startsWith("-"));
  const partial = args.some((argument) => PARTIAL.includes(argument.split("=")[0] ?? ""));
  return (first === "up" || first === "update") && !partial;
}
