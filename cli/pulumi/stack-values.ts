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
export function stackValues({ text }: StackText): Readonly<Record<string, unknown>> {
  const { config } = (parse(text) as { config?: Record<string, unknown> | null } | null) ?? {};
  return namespaceOf(config ?? {});
}

/** Whether a stack file names environments of Pulumi ESC, which may hold its config, and credentials. */
export function hasEnvironment({ text }: StackText): boolean {
  const { environment } = (parse(text) as { environment?: unknown } | null) ?? {};
  return environment !== undefined && environment !== null;
}
