/**
 * Finds containers and networks of a state. One that was removed by hand and recreated has another id than in the
 * state. So only these functions look up ids of the state.
 */
import type Docker from "dockerode";
import { unlessGone } from "../../docker";
import { LABELS } from "../../../plan/labels";

/** A container, and what `docker inspect` shows of it. */
export interface FoundContainer {
  readonly container: Docker.Container;
  readonly info: Docker.ContainerInspectInfo;
}

/**
 * The container of an identity: the first one, or one that took its place.
 *
 * @param identity Id of the first container; or the container's name.
 * @returns undefined when there is none.
 */
export async function findContainer(engine: Docker, identity: string): Promise<FoundContainer | undefined> {
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
 * A stack's network: the one in the state, or one of the same name that took its place.
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
