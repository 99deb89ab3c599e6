/** Containers of a stack against the stack's state: those that nobody knows of. */
import type Docker from "dockerode";
import { LABELS } from "../../../plan/labels";
import { UserError } from "../../terminal/errors";
import type { StackContainer } from "../types";
import { removalCommand } from "./removal";

/** All containers of the stack, stopped ones too. */
export async function stackContainers(docker: Docker, stack: string): Promise<StackContainer[]> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const found = await docker.listContainers({ all: true, filters });
  const containers = found.map(({ Id, Names, State, Labels }) => ({
    id: Id,
    identity: Labels[LABELS.identity] ?? Id,
    host: Labels[LABELS.host] ?? "",
    name: Names[0]?.slice(1) ?? Id,
    state: State,
  }));
  return containers.sort((a, b) => a.name.localeCompare(b.name));
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
