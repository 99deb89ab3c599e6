import type Docker from "dockerode";
import { freeAddress } from "../../../../plan/addressing";
import type { ContainerInputs } from "../container-spec";

/**
 * Addresses in use, by network: those that the Docker engine listed at this process's first call, and those assigned and
 * released since. A call for every container would take a second for each ten containers (measured).
 */
const taken = new Map<string, Set<string>>();

/** Serializes picks: otherwise two containers could get the same address. */
let turn: Promise<unknown> = Promise.resolve();

/** The container's fixed address, or the lowest free one of its zone. */
export function pickAddress(engine: Docker, inputs: ContainerInputs): Promise<string> {
  const pick = turn.then(() => choose(engine, inputs));
  turn = pick.catch(() => undefined);
  return pick;
}

async function choose(engine: Docker, inputs: ContainerInputs): Promise<string> {
  if (inputs.address !== undefined) return inputs.address;
  if (inputs.addresses === undefined) throw new Error(`${inputs.container} has neither an address nor a range of them`);
  const known = taken.get(inputs.network) ?? (await addressesIn(engine, inputs.network));
  taken.set(inputs.network, known);
  const address = freeAddress(inputs.addresses, known);
  known.add(address);
  return address;
}

/** Addresses of stopped containers count too, although `docker network inspect` doesn't list them. */
async function addressesIn(engine: Docker, network: string): Promise<Set<string>> {
  const containers = await engine.listContainers({ all: true, filters: { network: [network] } });
  return new Set(
    containers.flatMap((container) => {
      const endpoint = container.NetworkSettings.Networks[network];
      const configured: unknown = endpoint?.IPAMConfig;
      return [
        ...(typeof configured === "object" && configured !== null && "IPv4Address" in configured
          ? [String(configured.IPv4Address)]
          : []),
        // A foreign container on this network, with an arbitrary address.
        ...(endpoint !== undefined && endpoint.IPAddress !== "" ? [endpoint.IPAddress] : []),
      ];
    }),
  );
}

/** Releases the address of a deleted container. */
export function releaseAddress(network: string, address: string): void {
  taken.get(network)?.delete(address);
}
