import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { askHosts } from "./ask-hosts";
import { readBalancerHosts } from "./balancer-hosts";
import { connect } from "./connect";
import { readDisks } from "./disks";
import type { DockerCall } from "./docker-api";
import { askForCa } from "./external-ca";
import { evaluate, type Evaluation } from "./evaluate";
import { messageOf } from "../../components/message";
import type { AllFacts } from "./host-facts";
import { look, withMembers } from "./look";
import { lookAtPlatform, membersOf } from "./platform";
import type { Live, Problem } from "./model";
import type { LiveStack } from "./stack";
import { commands } from "./words";
import { UserError } from "../terminal/errors";

/** What else is observed. */
interface InspectOptions {
  /** Whether hosts are asked for their disk usage, managers for the external CA, load balancers for their services: a log-in to each. @default no */
  readonly disks?: boolean;
}

/** Observes once: the platform's hosts, the swarm, its services, the load balancers' members. */
export async function inspect(stack: LiveStack, options: InspectOptions = {}): Promise<Evaluation> {
  return evaluate(stack.desired, await lookOnce(stack, options));
}

/** What was observed, and the reports of hosts with problems. */
export interface DeepLook {
  readonly evaluation: Evaluation;
  readonly facts: AllFacts;
}

/**
 * Observes the cluster once and, where hosts aren't in service, asks them and all managers directly.
 *
 * @param docker the Docker engine that the hosts are containers of: asks hosts whose sshd doesn't answer
 */
export async function inspectDeep(
  stack: LiveStack,
  { docker, ...options }: InspectOptions & { readonly docker?: Docker } = {},
): Promise<DeepLook> {
  const live = await lookOnce(stack, options);
  const troubled = troubledHosts(evaluate(stack.desired, live));
  const facts = await askHosts(stack, { troubled, ...(docker === undefined ? {} : { docker }) });
  return { evaluation: evaluate(stack.desired, { ...live, hosts: facts }), facts };
}

async function lookOnce(stack: LiveStack, { disks = false }: InspectOptions = {}): Promise<Live> {
  // In parallel to the log-in: each question to a cloud takes about a second, and may take a minute.
  const members = membersOf(stack);
  const platform = lookAtPlatform(stack.stack);
  const live = await lookThroughBastion(stack, disks);
  return withMembers({ ...live, ...(await platform) }, await members);
}

async function lookThroughBastion(stack: LiveStack, disks: boolean): Promise<Live> {
  const connection = await connect(stack.outputs);
  try {
    const { tunnel } = connection;
    const [live, found, idleBalancers] = await Promise.all([
      look(connection, stack.outputs),
      disks && tunnel !== undefined ? readDisks(stack, tunnel) : undefined,
      disks && tunnel !== undefined ? readBalancerHosts(stack, tunnel) : undefined,
    ]);
    const { settings } = live;
    const ca = settings === undefined || "error" in settings ? undefined : settings.externalCa;
    const asked = disks && tunnel !== undefined && ca !== undefined ? await askForCa(stack, tunnel, ca) : undefined;
    return {
      ...live,
      ...(asked === undefined ? {} : { silentCa: asked.silent, unaskedCa: asked.unasked }),
      ...(found === undefined ? {} : { disks: found.disks, unreadDisks: found.unread }),
      ...(idleBalancers === undefined ? {} : { idleBalancers }),
    };
  } finally {
    connection.close();
  }
}

/** Hosts that aren't in service, or whose API doesn't answer. */
function troubledHosts({ problems, matches, reachable }: Evaluation): string[] {
  const kinds: readonly Problem["kind"][] = ["locked", "swarm", "manager", "node", "identity", "api"];
  const wanted = matches.map(({ desired }) => desired.name);
  // Without a list of nodes, the managers are asked.
  if (!reachable) return matches.flatMap(({ desired: { role, name } }) => (role === "manager" ? [name] : []));
  const found = problems.filter(({ kind }) => kinds.includes(kind)).flatMap(({ hosts }) => hosts);
  return [...new Set(found)].filter((name) => wanted.includes(name));
}

/** How to wait for a cluster. */
export interface Settling extends InspectOptions {
  /** Seconds after which it gives up. */
  readonly limit: number;
  /** Whether to stop waiting. @default healthy */
  readonly enough?: (evaluation: Evaluation) => boolean;
  /** Whether hosts that aren't in service are asked directly once the time is up. @default no */
  readonly deep?: boolean;
  /** Gets the worst problem. */
  readonly note: (detail: string) => void;
}

/** Polls until `enough` holds or the time is up. @returns what was seen last */
export async function settle(
  stack: LiveStack,
  { limit, enough, deep, note, ...options }: Settling,
): Promise<Evaluation> {
  const end = Date.now() + limit * 1000;
  for (;;) {
    const evaluation = await inspect(stack, options);
    if ((enough ?? isHealthy)(evaluation)) return evaluation;
    if (Date.now() >= end) return deep === true ? (await inspectDeep(stack, options)).evaluation : evaluation;
    note(evaluation.status.problems[0] ?? "");
    await sleep(1000);
  }
}

const isHealthy = ({ status }: Evaluation): boolean => status.healthy;

/**
 * Calls the API of each manager in turn, until one succeeds.
 *
 * @returns what `work` returned for that one
 * @throws UserError with every manager's answer when none did it
 */
export async function throughManager<T>(stack: LiveStack, work: (call: DockerCall) => Promise<T>): Promise<T> {
  const connection = await connect(stack.outputs);
  const refusals: string[] = [];
  try {
    for (const { name, call } of [...connection.managers, connection.balanced]) {
      try {
        return await work(call);
      } catch (error) {
        refusals.push(`${name}: ${messageOf(error)}`);
      }
    }
  } finally {
    connection.close();
  }
  throw new UserError(
    `The request failed on every manager (${refusals.join("; ")}). Check: ${commands(stack.stack).status}`,
  );
}
