/** Containers of a stack against the stack's state: those that nobody knows of. */
import type Docker from "dockerode";
import { LABELS } from "../../../plan/labels";
import { SetupError } from "../../terminal/errors";

/** A container of a stack, as the engine lists it. */
export interface StackContainer {
  readonly id: string;
  /** What a state calls it: the id of the machine's first container. */
  readonly identity: string;
  /** The machine's name in the stack; empty for a container without that label. */
  readonly host: string;
  readonly name: string;
  /** `running`, `exited`, `created`, … */
  readonly state: string;
}

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

/** The parts of `pulumi stack export` that say whether a stack has anything. */
interface ExportedStack {
  readonly deployment?: {
    readonly resources?: readonly { readonly type?: string }[] | null;
    readonly pending_operations?: readonly unknown[] | null;
  } | null;
}

/**
 * Does the state know of anything real? The stack itself and providers are there from the first second of an `up`, and
 * stay when it has made nothing.
 *
 * @param exported what `pulumi stack export` printed
 */
export function hasResources(exported: string): boolean {
  const { deployment } = JSON.parse(exported) as ExportedStack;
  const real = (deployment?.resources ?? []).filter(
    ({ type }) => type !== "pulumi:pulumi:Stack" && type?.startsWith("pulumi:providers:") !== true,
  );
  return real.length > 0 || (deployment?.pending_operations ?? []).length > 0;
}

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
export function stateLost(stack: string, containers: readonly StackContainer[]): SetupError {
  const names = containers.map(({ name }) => name);
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return new SetupError(
    `The engine has containers of the stack ${stack} (${shown.join(", ")}), but the stack's state knows of none: it was lost, ` +
      `or another user or machine made them. Give the state back, or remove them with\n\n  ${removalCommand(stack)}\n`,
  );
}
