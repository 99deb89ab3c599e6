import type { StackOutputs } from "../../components/outputs";
import type { LoadBalancerName } from "../../plan/roles";
import { lookAtCertificates } from "./certificates";
import type { Connection, Manager } from "./connect";
import { listNodes, swarmInfo, type DockerCall } from "./docker-api";
import { readStats } from "./haproxy";
import { messageOf } from "../../components/message";
import type { Members } from "../platform/types";
import type { Live, LiveMember, ManagerAnswer } from "./model";
import { readApplications } from "./applications/read";
import { readIngress } from "./ingress";
import { readRegistry } from "./registry";
import { readServices } from "./services";
import { readSettings } from "./swarm-settings";
import { readTasks } from "./tasks";

/**
 * Asks all managers and load balancers at once. Never throws: failures are in the result.
 *
 * It waits for nothing but the connection: a bastion's sshd ends one that is idle for 15 s (docs/architecture.md).
 */
export async function look(connection: Connection, outputs: StackOutputs, now = new Date()): Promise<Live> {
  const { access } = outputs;
  const names = Object.keys(access.loadBalancers) as LoadBalancerName[];
  const [direct, balancers, certificates] = await Promise.all([
    Promise.all(connection.managers.map(askManager)),
    Promise.all(names.map(async (name) => [name, await askLoadBalancer(connection, outputs, name)] as const)),
    lookAtCertificates(connection, outputs),
  ]);
  const listed = direct.some((answer) => answer.answered && !("error" in answer.nodes));
  // Falls back to the load balancer if the bastion is unreachable.
  const answers = listed ? direct : [...direct, await askManager(connection.balanced)];
  const ask = asker(connection, answers);
  const { endpoints } = outputs;
  const [services, registry, ingress, applications, tasks, settings] = await Promise.all([
    ask(readServices),
    endpoints.registry === undefined ? undefined : ask(readRegistry),
    endpoints.app === undefined ? undefined : ask(readIngress),
    endpoints.app === undefined ? undefined : ask(readApplications),
    ask(readTasks),
    ask(readSettings),
  ]);
  return {
    now,
    ...(connection.bastionError === undefined ? {} : { bastionError: connection.bastionError }),
    answers,
    loadBalancers: Object.fromEntries(balancers),
    certificates: certificates.found,
    unreadCertificates: certificates.unread,
    ...(services === undefined ? {} : { services }),
    ...(registry === undefined ? {} : { registry }),
    ...(ingress === undefined ? {} : { ingress }),
    ...(applications === undefined ? {} : { applications }),
    ...(tasks === undefined ? {} : { tasks }),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** Adds the members that a platform tells, of load balancers that offer no table. Pure. */
export function withMembers(live: Live, members: Members): Live {
  return { ...live, loadBalancers: { ...live.loadBalancers, ...members } };
}

/** Calls a reader with the first manager that could list the nodes, if there is one. */
function asker(connection: Connection, answers: readonly ManagerAnswer[]) {
  const able = answers.find((answer) => answer.answered && !("error" in answer.nodes));
  const manager = [...connection.managers, connection.balanced].find(({ name }) => name === able?.name);
  // Several readers ask for the same lists, and each request is one connection and one TLS handshake.
  const asked = new Map<string, Promise<unknown>>();
  const call: DockerCall = (method, path, body) => {
    if (manager === undefined) return Promise.reject(new Error("no manager could list the nodes"));
    const key = JSON.stringify([method, path, body]);
    const answer = asked.get(key) ?? manager.call(method, path, body);
    asked.set(key, answer);
    return answer;
  };
  return async <T>(read: (call: DockerCall) => Promise<T>): Promise<T | { readonly error: string } | undefined> => {
    if (manager === undefined) return undefined;
    try {
      return await read(call);
    } catch (error) {
      return { error: messageOf(error) };
    } finally {
      // After the first failure, other questions may still be under way: the connection must not be closed under them.
      await Promise.allSettled(asked.values());
    }
  };
}

/** The reason for a load balancer that is neither HAProxy nor in the state. */
const NO_TABLE = "it offers no table of its members, and the stack's state has no target group of it";

/** The reason for a load balancer that isn't the stack's. */
const EXTERNAL =
  "the load balancer is external, so it isn't observed. What it has to forward and to check: the output forwards";

async function askManager({ name, call }: Manager): Promise<ManagerAnswer> {
  // Without a leader, the Docker engine's /info hangs for up to 20 s, while /nodes fails at once with the reason.
  const [info, nodes] = await Promise.allSettled([swarmInfo(call), listNodes(call)]);
  if (info.status === "fulfilled") {
    const found = nodes.status === "fulfilled" ? nodes.value : { error: messageOf(nodes.reason) };
    return { name, answered: true, ...info.value, nodes: found };
  }
  const seen = [info, nodes].flatMap((one) => (one.status === "rejected" ? [messageOf(one.reason)] : []));
  return { name, answered: false, seen: [...new Set(seen)].join("; ") };
}

async function askLoadBalancer(
  connection: Connection,
  { access, forwards }: StackOutputs,
  name: LoadBalancerName,
): Promise<readonly LiveMember[] | { readonly error: string } | { readonly unknown: string }> {
  const stats = access.loadBalancers[name]?.stats;
  if (forwards?.[name] !== undefined) return { unknown: EXTERNAL };
  if (stats === undefined) return { unknown: NO_TABLE };
  try {
    return readStats(await connection.page(stats));
  } catch (error) {
    return { error: messageOf(error) };
  }
}
