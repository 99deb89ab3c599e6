import type Docker from "dockerode";
import { freeAddress } from "../../../../plan/addressing";
import type { ContainerInputs } from "../container-spec";

/**
 * Addresses that are taken, by network: what the engine had when this process first asked, and what was given and
 * given back since. To ask for every container would take a second for each ten containers that there are (measured).
 */
const taken = new Map<string, Set<string>>();

/** One pick after the other, or two containers would get the same address. */
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

/** Stopped containers keep their addresses, too, though they don't show in the network's own description. */
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
        // Somebody's own container on this network, which took any address.
        ...(endpoint !== undefined && endpoint.IPAddress !== "" ? [endpoint.IPAddress] : []),
      ];
    }),
  );
}

/** Gives an address back: the container that had it is gone. */
export function releaseAddress(network: string, address: string): void {
  taken.get(network)?.delete(address);
}
