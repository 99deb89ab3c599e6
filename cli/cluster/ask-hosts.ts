import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { PORTS } from "../../plan/ports";
import { outputOf } from "./host-shell";
import { UNKNOWN } from "./deployment";
import { parseReport, type AllFacts, type HostFacts } from "./host-facts";
import { scriptOnHost, withRoutes, type Routes } from "./run-script";
import type { LiveStack } from "./stack";

/** Seconds for the bastion, and for a host's report: its slowest part is a peer that doesn't answer (3 s). */
const BASTION_LIMIT = 5;
const LOOK_LIMIT = 25;
/** Seconds for a change: a stop takes up to 30 s, a start up to 90 s, the return to the swarm up to 30 s. */
const ACT_LIMIT = 240;

/** What scripts/host.sh can do to a host. */
type HostAction = "start" | "restart" | "leave";

/** Where hosts are asked. */
interface HostsAsked {
  /** Hosts with problems, to ask besides all managers. */
  readonly troubled: readonly string[];
  /** The Docker engine that the hosts are containers of: reaches those whose sshd doesn't answer. @default there is none */
  readonly docker?: Docker;
}

/** Asks hosts directly: through the bastion, else through the platform. Never throws: failures are in the result. */
export async function askHosts(stack: LiveStack, { troubled, docker }: HostsAsked): Promise<AllFacts> {
  const managers = stack.desired.nodes.filter((node) => node.role === "manager").map((node) => node.name);
  const names = [...new Set([...managers, ...troubled])];
  if (troubled.length === 0) return {};
  const ask = async (routes: Routes): Promise<AllFacts> => {
    const found = names.map(async (name) => {
      const peers = peersOf(stack, name, [...managers, ...troubled]);
      return [name, await askHost(stack, name, peers, routes)] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };
  return withRoutes(stack, ask, { limit: BASTION_LIMIT, docker });
}

/** Changes a host's Docker engine. @throws Error with the script's error, or the reason why the host can't be reached */
export async function actOnHost(
  stack: LiveStack,
  name: string,
  action: HostAction,
  docker: Docker | undefined,
): Promise<void> {
  await withRoutes(
    stack,
    async (routes) => {
      const data = { name, action, peers: [] };
      outputOf((await scriptOnHost(stack, name, "host", data, { ...routes, limit: ACT_LIMIT })).end);
    },
    { limit: BASTION_LIMIT, docker },
  );
}

async function askHost(stack: LiveStack, name: string, peers: readonly string[], routes: Routes): Promise<HostFacts> {
  try {
    const data = { name, action: "look", peers: [...peers] };
    const { end, via } = await scriptOnHost(stack, name, "host", data, { ...routes, limit: LOOK_LIMIT });
    return { reached: true, via, ...parseReport(outputOf(end)) };
  } catch (error) {
    return { reached: false, seen: messageOf(error) };
  }
}

/** Ports that a host has to reach: of the managers and of all hosts with problems. */
function peersOf(stack: LiveStack, name: string, others: readonly string[]): string[] {
  return [...new Set(others)].flatMap((other) => {
    const node = stack.desired.nodes.find((one) => one.name === other);
    if (other === name || node === undefined || node.address === UNKNOWN) return [];
    const ports = node.role === "manager" ? [PORTS.swarm, PORTS.gossip] : [PORTS.gossip];
    return ports.map((port) => `${other} ${node.address} ${port}`);
  });
}
