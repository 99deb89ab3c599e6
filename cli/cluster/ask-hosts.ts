import type Docker from "dockerode";
import { messageOf } from "../../components/message";
import { PORTS } from "../../plan/ports";
import { hostKeysOf, UNKNOWN } from "./deployment";
import { parseReport, type AllFacts, type HostFacts } from "./host-facts";
import { runOnHost, scriptCall } from "./host-shell";
import type { ScriptEnd } from "./ssh";
import { openBastion, type Tunnel } from "./bastion";
import { containersOf } from "./platform";
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
  const bastion = await openBastion(stack.outputs.access.bastion, BASTION_LIMIT).catch(messageOf);
  try {
    const found = names.map(async (name) => {
      const facts = await askHost(stack, name, {
        bastion,
        docker,
        peers: peersOf(stack, name, [...managers, ...troubled]),
      });
      return [name, facts] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  } finally {
    if (typeof bastion !== "string") bastion.close();
  }
}

/** Changes a host's engine. @throws Error with the script's error, or the reason why the host can't be reached */
export async function actOnHost(
  stack: LiveStack,
  name: string,
  action: HostAction,
  docker: Docker | undefined,
): Promise<void> {
  const bastion = await openBastion(stack.outputs.access.bastion, BASTION_LIMIT).catch(messageOf);
  try {
    const { end } = await runScript(stack, name, { bastion, docker, action, peers: [], limit: ACT_LIMIT });
    if (end.code !== 0) throw new Error(end.stderr.trim().slice(-500));
  } finally {
    if (typeof bastion !== "string") bastion.close();
  }
}

interface Access {
  /** The bastion, or why it can't be reached. */
  readonly bastion: Tunnel | string;
  readonly docker: Docker | undefined;
  /** Lines `name address port`. */
  readonly peers: readonly string[];
}

async function askHost(stack: LiveStack, name: string, access: Access): Promise<HostFacts> {
  try {
    const { end, via } = await runScript(stack, name, { ...access, action: "look", limit: LOOK_LIMIT });
    if (end.code !== 0) throw new Error(end.stderr.trim().slice(-300));
    return { reached: true, via, ...parseReport(end.stdout) };
  } catch (error) {
    return { reached: false, seen: messageOf(error) };
  }
}

async function runScript(
  stack: LiveStack,
  name: string,
  { bastion, docker, action, peers, limit }: Access & { readonly action: string; readonly limit: number },
): Promise<{ end: ScriptEnd; via: "bastion" | "platform" }> {
  const address = stack.desired.nodes.find((node) => node.name === name)?.address ?? UNKNOWN;
  const hostKey = hostKeysOf(stack.deployment)[name];
  const call = scriptCall("host", { name, action, peers: [...peers] });
  try {
    if (typeof bastion === "string") throw new Error(`the bastion can't be reached (${bastion})`);
    if (address === UNKNOWN || hostKey === undefined)
      throw new Error("the stack's state has no address or host key of it");
    const host = { name, address, hostKey, privateKey: stack.outputs.access.bastion.privateKey };
    return { end: await runOnHost(host, bastion, call, limit), via: "bastion" };
  } catch (error) {
    const end =
      docker === undefined ? undefined : await containersOf(stack.stack)?.run(docker, stack.stack, name, call, limit);
    if (end === undefined) throw error;
    return { end, via: "platform" };
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
