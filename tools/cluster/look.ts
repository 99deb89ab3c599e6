import type { Access, LoadBalancerName, StackOutputs } from "../../components/outputs";
import { lookAtCertificates } from "./certificates";
import type { Connection, Manager } from "./connect";
import { listNodes, swarmInfo, type DockerCall } from "./docker-api";
import { readStats } from "./haproxy";
import { messageOf } from "../../components/message";
import type { Live, ManagerAnswer } from "./model";
import { readIngress } from "./ingress";
import { readRegistry } from "./registry";

/** Asks all managers and load balancers at once. Never throws: what can't be asked is a finding. */
export async function look(connection: Connection, outputs: StackOutputs, now = new Date()): Promise<Live> {
  const { access } = outputs;
  const names = Object.keys(access.loadBalancers) as LoadBalancerName[];
  const [direct, balancers, certificates] = await Promise.all([
    Promise.all(connection.managers.map(askManager)),
    Promise.all(names.map(async (name) => [name, await askLoadBalancer(connection, access, name)] as const)),
    lookAtCertificates(connection, outputs),
  ]);
  const listed = direct.some((answer) => answer.answered && !("error" in answer.nodes));
  // The way of the people is there, too, when the operator isn't, or can't get through.
  const answers = listed ? direct : [...direct, await askManager(connection.balanced)];
  const ask = asker(connection, answers);
  const { endpoints } = outputs;
  const [registry, ingress] = await Promise.all([
    endpoints.registry === undefined ? undefined : ask(readRegistry),
    endpoints.app === undefined ? undefined : ask(readIngress),
  ]);
  return {
    now,
    ...(connection.operatorError === undefined ? {} : { operatorError: connection.operatorError }),
    answers,
    loadBalancers: Object.fromEntries(balancers),
    certificates,
    ...(registry === undefined ? {} : { registry }),
    ...(ingress === undefined ? {} : { ingress }),
  };
}

/** Who asks the first manager that could list the nodes, if there is one. */
function asker(connection: Connection, answers: readonly ManagerAnswer[]) {
  const able = answers.find((answer) => answer.answered && !("error" in answer.nodes));
  const manager = [...connection.managers, connection.balanced].find(({ name }) => name === able?.name);
  return async <T>(read: (call: DockerCall) => Promise<T>): Promise<T | { readonly error: string } | undefined> => {
    if (manager === undefined) return undefined;
    return read(manager.call).catch((error: unknown) => ({ error: messageOf(error) }));
  };
}

/** AWS alone knows what its load balancers see of their members; these tools have no access to AWS. */
const NO_TABLE =
  "it offers no table of its members that could be read here; on AWS: aws elbv2 describe-target-health, or the alarms";

async function askManager({ name, call }: Manager): Promise<ManagerAnswer> {
  // Without a leader /info hangs for up to 20 s in the engine, while /nodes says at once what is wrong; so both are asked.
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
  access: Access,
  name: LoadBalancerName,
): Promise<ReturnType<typeof readStats> | { error: string } | { untold: string }> {
  const stats = access.loadBalancers[name]?.stats;
  if (stats === undefined) return { untold: NO_TABLE };
  try {
    return readStats(await connection.page(stats));
  } catch (error) {
    return { error: messageOf(error) };
  }
}
