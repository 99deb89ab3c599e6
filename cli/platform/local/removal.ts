import { LABELS } from "../../../plan/labels";
import { UserError } from "../../terminal/errors";
import type { StackContainer } from "../types";

/** A shell command that removes everything of the stack from the engine. */
export function removalCommand(stack: string): string {
  const filter = `--filter label=${LABELS.stack}=${stack}`;
  // xargs -r: nothing is run for nothing, so the command can be given again.
  return [
    `docker ps -aq ${filter} | xargs -r docker rm -fv`,
    `docker volume ls -q ${filter} | xargs -r docker volume rm`,
    `docker network ls -q ${filter} | xargs -r docker network rm`,
  ].join("; ");
}

/** The error for containers whose state is lost. */
export function stateLost(stack: string, containers: readonly StackContainer[]): UserError {
  const names = containers.map(({ name }) => name);
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return new UserError(
    `The engine has containers of the stack ${stack} (${shown.join(", ")}), but the stack's state knows of none: it was lost, ` +
      `or another user or machine made them. Give the state back, or remove them with\n\n  ${removalCommand(stack)}\n`,
  );
}
