/** Ports of this workstation that lead through the bastion to the hosts behind an internal load balancer. */
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf } from "../../../components/message";
import type { StackOutputs } from "../../../components/outputs";
import type { Role } from "../../../plan/roles";
import { readPage } from "../http";
import { UserError } from "../../terminal/errors";
import type { Bastion } from "./bastion";

/** Seconds for a host's answer to whether it is healthy. */
const HEALTH_LIMIT = 5;

/** A port of this workstation, and what it leads to. */
export interface Forward {
  readonly name: "manager" | "registry";
  /** Role of the hosts, of which any one is used. */
  readonly role: Role;
  /** Port of the hosts, and of this workstation: image names hold the registry's. */
  readonly port: number;
  /** Port and path of the hosts' health, as their load balancer asks for it. @default a host that accepts the connection is healthy */
  readonly health?: { readonly port: number; readonly path: string };
}

/** How to forward. */
interface ForwardOptions {
  /** Port of this workstation. @default the forward's own */
  readonly local?: number;
  /** Gets the reason of each failed connection. */
  readonly failed: (text: string) => void;
}

/**
 * Listens on 127.0.0.1. Each connection goes to the next host in turn that is healthy.
 *
 * It goes to the hosts themselves: the bastion's security group lets it reach them, and not the load balancers.
 *
 * @throws UserError when the port is in use
 */
export async function listen(
  forward: Forward,
  hosts: StackOutputs["hosts"],
  bastion: Pick<Bastion, "connect">,
  { local = forward.port, failed }: ForwardOptions,
): Promise<Server> {
  const addresses = Object.values(hosts).flatMap(({ role, address }) =>
    role === forward.role && address !== undefined ? [address] : [],
  );
  let turn = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const first = turn++ % Math.max(1, addresses.length);
    reach(forward, [...addresses.slice(first), ...addresses.slice(0, first)], bastion).then(
      (stream) => {
        join(socket, stream);
      },
      (error: unknown) => {
        failed(`${forward.name}: ${messageOf(error)}`);
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE" ? " Stop what listens there, and run this again." : "";
      reject(
        new UserError(`Port ${local} of 127.0.0.1 can't be used for the ${forward.name}: ${error.message}.${inUse}`),
      );
    });
    server.listen(local, "127.0.0.1", resolve);
  });
  return server;
}

/** @throws Error with what was seen last of the last host */
async function reach(
  forward: Forward,
  addresses: readonly string[],
  bastion: Pick<Bastion, "connect">,
): Promise<Duplex> {
  let last: unknown = new Error(`the stack has no ${forward.role} with an address`);
  for (const address of addresses) {
    try {
      await checkHealth(forward, address, bastion);
      return await bastion.connect(address, forward.port);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function checkHealth({ health }: Forward, address: string, bastion: Pick<Bastion, "connect">): Promise<void> {
  if (health === undefined) return;
  await readPage(
    (to, port) => bastion.connect(to, port),
    `http://${address}:${health.port}${health.path}`,
    HEALTH_LIMIT,
  );
}

function join(socket: Socket, stream: Duplex): void {
  const end = (): void => {
    socket.destroy();
    stream.destroy();
  };
  socket.on("close", end);
  stream.on("error", end).on("close", end);
  socket.pipe(stream).pipe(socket);
}
