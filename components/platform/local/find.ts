/**
 * Finding what a state names. A container or network that was removed by hand and made again has another id than the
 * state's. So nobody asks the engine for an id of the state but these functions.
 */
import type Docker from "dockerode";
import { unlessGone } from "../../docker";
import { LABELS } from "../../../plan/labels";

/** A machine's container, and what the engine tells of it. */
export interface FoundMachine {
  readonly container: Docker.Container;
  readonly info: Docker.ContainerInspectInfo;
}

/**
 * A machine's container: its first one, or one that took its place.
 *
 * @param identity The machine's identity; or the container's name.
 * @returns undefined when there is none.
 */
export async function findMachine(engine: Docker, identity: string): Promise<FoundMachine | undefined> {
  const first = engine.getContainer(identity);
  const info = await unlessGone(first.inspect());
  if (info !== undefined) return { container: first, info };
  const filters = { label: [`${LABELS.identity}=${identity}`] };
  const [later] = await engine.listContainers({ all: true, filters });
  if (later === undefined) return undefined;
  const container = engine.getContainer(later.Id);
  const found = await unlessGone(container.inspect());
  return found === undefined ? undefined : { container, info: found };
}

/**
 * A stack's network: the one that the state knows, or one of its name that took its place.
 *
 * @returns undefined when there is none, or when the one of that name is another stack's.
 */
export async function findNetwork(
  engine: Docker,
  id: string,
  { name, stack }: { readonly name: string; readonly stack: string },
): Promise<Docker.NetworkInspectInfo | undefined> {
  const first = await unlessGone(engine.getNetwork(id).inspect());
  if (first !== undefined) return first;
  const later = await unlessGone(engine.getNetwork(name).inspect());
  return later?.Labels?.[LABELS.stack] === stack ? later : undefined;
}
