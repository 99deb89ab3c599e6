import { LABELS } from "../../../plan/labels";
import { UserError } from "../../terminal/errors";
import type { StackContainer } from "../types";

/** A shell command that removes everything of the stack from the Docker engine. */
export function removalCommand(stack: string): string {
  const filter = `--filter label=${LABELS.stack}=${stack}`;
  // xargs -r: nothing is run for nothing, so the command can be given again.
  return [
    `docker ps -aq ${filter} | xargs -r docker rm -fv`,
    `docker volume ls -q ${filter} | xargs -r docker volume rm`,
    `docker network ls -q ${filter} | xargs -r docker network rm`,
  ].join("; ");
}

/** The error for containers of a stack that has no state. */
export function stateLost(stack: string, containers: readonly StackContainer[]): UserError {
  const names = containers.map(({ name }) => name);
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return new UserError(
    `The Docker engine has containers of the stack ${stack} (${shown.join(", ")}), but the stack has no state: it was lost, or ` +
      `another user or workstation created them. Restore the state, or remove them:\n\n  ${removalCommand(stack)}\n`,
  );
}
