/** A local stack's objects on the Docker engine. */
import type Docker from "dockerode";
import { unlessGone } from "../../../../components/docker";
import { LABELS } from "../../../../plan/labels";

/** A container of the stack. */
export interface FoundContainer {
  readonly id: string;
  /** Its id in the state: the id of the host's first container. */
  readonly identity: string;
  readonly name: string;
  /** `running`, `paused`, `exited`, `created`, … */
  readonly state: string;
  /** Networks by name: id, and the address that it is to have there. */
  readonly networks: Readonly<Record<string, { readonly id: string; readonly address: string }>>;
}

/** What was found. */
export interface Found {
  /** Id of the stack's network. @default there is none */
  readonly network?: string;
  readonly containers: readonly FoundContainer[];
  /** Names of the stack's volumes. */
  readonly volumes: readonly string[];
}

/** Asks the Docker engine: three requests, however many hosts there are. */
export async function survey(docker: Docker, stack: string): Promise<Found> {
  const filters = { label: [`${LABELS.stack}=${stack}`] };
  const [containers, { Volumes: volumes }, network] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
    unlessGone(docker.getNetwork(stack).inspect()),
  ]);
  return {
    ...(network === undefined || network.Labels?.[LABELS.stack] !== stack ? {} : { network: network.Id }),
    containers: containers.map(foundContainer),
    volumes: volumes.map(({ Name }) => Name),
  };
}

function foundContainer({ Id, Names, State, Labels, NetworkSettings }: Docker.ContainerInfo): FoundContainer {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, endpoint]) => {
    const configured: unknown = endpoint.IPAMConfig;
    const fixed =
      typeof configured === "object" && configured !== null && "IPv4Address" in configured
        ? String(configured.IPv4Address)
        : endpoint.IPAddress;
    return [name, { id: endpoint.NetworkID, address: fixed }] as const;
  });
  return {
    id: Id,
    identity: Labels[LABELS.identity] ?? Id,
    name: Names[0]?.slice(1) ?? Id,
    state: State,
    networks: Object.fromEntries(networks),
  };
}
