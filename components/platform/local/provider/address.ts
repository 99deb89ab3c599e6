import type Docker from "dockerode";
import { freeAddress } from "../../addressing";
import type { MachineInputs } from "../machine-spec";

/** Addresses given out in this process: an engine shows an address only once its container is made. */
const given = new Map<string, Set<string>>();

/** One pick after the other, or two machines would get the same address. */
let turn: Promise<unknown> = Promise.resolve();

/** The machine's fixed address, or the lowest free one of its zone. */
export function pickAddress(engine: Docker, inputs: MachineInputs): Promise<string> {
  const pick = turn.then(() => choose(engine, inputs));
  turn = pick.catch(() => undefined);
  return pick;
}

async function choose(engine: Docker, inputs: MachineInputs): Promise<string> {
  if (inputs.address !== undefined) return inputs.address;
  if (inputs.addresses === undefined) throw new Error(`${inputs.container} has neither an address nor a range of them`);
  const taken = given.get(inputs.network) ?? new Set<string>();
  given.set(inputs.network, taken);
  // Stopped containers keep their addresses, too; those don't show in the network's own description.
  const containers = await engine.listContainers({ all: true, filters: { network: [inputs.network] } });
  const existing = containers.flatMap((container) => {
    const endpoint = container.NetworkSettings.Networks[inputs.network];
    const configured: unknown = endpoint?.IPAMConfig;
    return typeof configured === "object" && configured !== null && "IPv4Address" in configured
      ? [String(configured.IPv4Address)]
      : [];
  });
  const address = freeAddress(inputs.addresses, [...existing, ...taken]);
  taken.add(address);
  return address;
}

/** Gives an address back: the machine that had it is gone. */
export function releaseAddress(network: string, address: string): void {
  given.get(network)?.delete(address);
}
