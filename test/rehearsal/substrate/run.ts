import type Docker from "dockerode";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { statusOf, unlessGone } from "../../../components/docker";
import { identify, isAlive, type ProcessIdentity } from "../../../cli/workstation/process-identity.cjs";

/** Label of everything on the Docker engine: the run's id. */
export const RUN_LABEL = "swarm-ha.rehearsal";
/** Label with the process that the run belongs to. */
const PROCESS_LABEL = "swarm-ha.rehearsal.process";

/** Seconds that a network may be held by containers that are being removed. */
const RELEASE_LIMIT = 30;

/** One simulated AWS on the Docker engine. */
export interface Run {
  readonly engine: Docker;
  readonly id: string;
  /** Labels of all that it makes. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of a container, network or volume. */
  name(id: string): string;
}

/**
 * A new run; what runs of dead processes have left is removed.
 *
 * @param prefix what all names begin with
 */
export async function beginRun(engine: Docker, prefix: string): Promise<Run> {
  await removeDeadRuns(engine);
  const id = randomBytes(4).toString("hex");
  const labels = { [RUN_LABEL]: id, [PROCESS_LABEL]: JSON.stringify(identify(process.pid) ?? { pid: process.pid }) };
  return { engine, id, labels, name: (what) => `${prefix}-${id}-${what}` };
}

/** Removes all that has the run's label: containers, volumes, networks, images. */
export async function removeRun(engine: Docker, id: string): Promise<void> {
  const filters = { label: [`${RUN_LABEL}=${id}`] };
  const containers = await engine.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => removeContainer(engine, Id)));
  const { Volumes: volumes } = await engine.listVolumes({ filters });
  await Promise.all(volumes.map(({ Name }) => unlessGone(engine.getVolume(Name).remove({ force: true }))));
  for (const { Id } of await engine.listNetworks({ filters })) await removeNetwork(engine, Id);
  for (const { Id } of await engine.listImages({ filters }))
    await unlessGone(engine.getImage(Id).remove({ force: true }));
}

/** Removes a container and its volumes, dead or alive. */
export async function removeContainer(engine: Docker, id: string): Promise<void> {
  const container = engine.getContainer(id);
  try {
    await unlessGone(container.remove({ force: true, v: true }));
  } catch (error) {
    // 409: somebody else is removing it.
    if (statusOf(error) !== 409) throw error;
    for (const end = Date.now() + RELEASE_LIMIT * 1000; Date.now() < end;) {
      if ((await unlessGone(container.inspect())) === undefined) return;
      await sleep(200);
    }
    throw new Error(`The container ${id} is still being removed after ${String(RELEASE_LIMIT)} s.`, { cause: error });
  }
}

/** Removes a network as soon as nothing is on it. */
export async function removeNetwork(engine: Docker, id: string): Promise<void> {
  for (const end = Date.now() + RELEASE_LIMIT * 1000; ;) {
    try {
      await unlessGone(engine.getNetwork(id).remove());
      return;
    } catch (error) {
      if (statusOf(error) !== 403 || Date.now() > end) throw error;
      await sleep(200);
    }
  }
}

async function removeDeadRuns(engine: Docker): Promise<void> {
  const filters = { label: [RUN_LABEL] };
  const { Volumes: volumes } = await engine.listVolumes({ filters });
  const things = [
    ...(await engine.listContainers({ all: true, filters })),
    ...(await engine.listNetworks({ filters })),
    ...volumes,
    ...(await engine.listImages({ filters })),
  ];
  const dead = things.flatMap(({ Labels: labels }) => {
    const { [RUN_LABEL]: id, [PROCESS_LABEL]: owner } = (labels ?? {}) as Record<string, string | undefined>;
    if (id === undefined || owner === undefined) return [];
    return isAlive(JSON.parse(owner) as ProcessIdentity) ? [] : [id];
  });
  for (const id of new Set(dead)) await removeRun(engine, id);
}
