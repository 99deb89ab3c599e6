import { parse } from "yaml";
import { namespaceOf } from "../../config/namespace";

/** A stack file's text, or what holds it. */
export interface StackText {
  readonly text: string;
}

/**
 * The values of a stack file as their author wrote them, by key without the namespace `swarm-ha`. Nothing is checked, and no
 * default is filled in: for commands that need one key of a file that may be incomplete. Others use `readStackConfig`.
 *
 * @throws Error when the file is no YAML
 */
export function stackValues(file: StackText): Readonly<Record<string, unknown>> {
  return namespaceOf(parsed(file).config ?? {});
}

/** Whether a stack file names environments of Pulumi ESC, which may hold its config, and credentials. */
export function hasEnvironment(file: StackText): boolean {
  return (parsed(file).environment ?? undefined) !== undefined;
}

interface StackYaml {
  readonly config?: Record<string, unknown> | null;
  readonly environment?: unknown;
}

/** Cache of the text parsed last: a run parses the same file many times. */
let last: { readonly text: string; readonly yaml: StackYaml } | undefined;

function parsed({ text }: StackText): StackYaml {
  if (last?.text !== text) last = { text, yaml: (parse(text) as StackYaml | null) ?? {} };
  return last.yaml;
}
