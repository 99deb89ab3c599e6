/** One thing that is wrong with a configuration. */
export interface Problem {
  /** The key as Pulumi writes it, with the path inside a structured value: `swarm-ha:managers.count`. */
  readonly key: string;
  /** The value, shortened; "nothing" if a required key is missing. */
  readonly got: string;
  /** What would be accepted, in words. */
  readonly allowed: string;
  /** What to do, as a command to the reader. */
  readonly fix: string;
}

/** Part of a path in a structured value: a key, or an index of a list. */
export type PathPart = string | number;

/** The namespace of all keys: the name of the Pulumi project. */
export const NAMESPACE = "swarm-ha";

/** A path in Pulumi's own notation: `swarm-ha:workers.worker.labels["com.example.storage"]`. */
export function keyText(path: readonly PathPart[]): string {
  const [first = "", ...rest] = path;
  const text = rest.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    return /^[\w-]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
  });
  return `${NAMESPACE}:${first}${text.join("")}`;
}

/** The path of a text that {@link keyText} has written. */
export function pathOf(text: string): PathPart[] {
  const parts = text.slice(`${NAMESPACE}:`.length).match(/\[\d+\]|\["(?:[^"\\]|\\.)*"\]|[^.[]+/g) ?? [];
  return parts.map((part) => (part.startsWith("[") ? (JSON.parse(part) as [PathPart])[0] : part));
}

/** A value as an error shows it: JSON, at most 80 characters. */
export function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Whether a problem is one of a top-level key or of a part of it. */
export function isAbout(problem: Problem, topLevelKey: string): boolean {
  const key = keyText([topLevelKey]);
  return problem.key === key || problem.key.startsWith(`${key}.`) || problem.key.startsWith(`${key}[`);
}

/** All problems of a stack's configuration, in one message with a line for each. */
export class ConfigError extends Error {
  /** The problems, in the order of the keys in the schema. */
  public readonly problems: readonly Problem[];

  /** Name of the stack. */
  public readonly stackName: string;

  public constructor(stack: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map((p) => `  - ${p.key}: got ${p.got}; allowed: ${p.allowed}; fix: ${p.fix}`);
    super(`the configuration of stack '${stack}' (Pulumi.${stack}.yaml) has ${count}:\n${lines.join("\n")}`);
    this.name = "ConfigError";
    this.stackName = stack;
    this.problems = problems;
  }
}
