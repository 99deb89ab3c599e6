import { askTargetHealth } from "../aws/target-health";
import { connect } from "./connect";
import { readDisks } from "./disks";
import type { DockerCall } from "./docker-api";
import { evaluate, type Evaluation } from "./evaluate";
import { messageOf } from "../../components/message";
import { sleep } from "./limit";
import { look } from "./look";
import { lookAtPlatform } from "./platform";
import type { LiveStack } from "./stack";

/** What else is looked at. */
export interface InspectOptions {
  /** Whether the hosts are asked how full their disks are: a log-in to each. @default no */
  readonly disks?: boolean;
}

/** Looks once at what lives: the platform's machines, the swarm, its services, the load balancers' members. */
export async function inspect(stack: LiveStack, options: InspectOptions = {}): Promise<Evaluation> {
  // On its way while the operator is dialled: each question to AWS takes about a second.
  const members = askTargetHealth(stack.deployment);
  const platform = lookAtPlatform(stack.stack);
  const connection = await connect(stack.outputs);
  try {
    const { tunnel } = connection;
    const [live, found] = await Promise.all([
      look(connection, stack.outputs, { members }),
      options.disks === true && tunnel !== undefined ? readDisks(stack, tunnel) : undefined,
    ]);
    return evaluate(stack.desired, {
      ...live,
      ...(found === undefined ? {} : { disks: found.disks, unreadDisks: found.unread }),
      ...(await platform),
    });
  } finally {
    connection.close();
  }
}

/** How to wait for a cluster. */
export interface Settling {
  /** Seconds after which it gives up. */
  readonly limit: number;
  /** Whether what was seen is good enough, or will not get better. @default healthy */
  readonly enough?: (evaluation: Evaluation) => boolean;
  /** Told what is still wrong. */
  readonly note: (detail: string) => void;
}

/** Looks again and again until it has seen enough or the time is up. @returns what was seen last */
export async function settle(stack: LiveStack, { limit, enough, note }: Settling): Promise<Evaluation> {
  const end = Date.now() + limit * 1000;
  for (;;) {
    const evaluation = await inspect(stack);
    if ((enough ?? isHealthy)(evaluation) || Date.now() >= end) return evaluation;
    note(evaluation.status.problems[0] ?? "");
    await sleep(1);
  }
}

const isHealthy = ({ status }: Evaluation): boolean => status.healthy;

/**
 * Does something through the API of a manager: of each in turn, until one does it.
 *
 * @throws Error with every manager's answer when none did it
 */
export async function throughManager(stack: LiveStack, work: (call: DockerCall) => Promise<void>): Promise<void> {
  const connection = await connect(stack.outputs);
  const refusals: string[] = [];
  try {
    for (const { name, call } of [...connection.managers, connection.balanced]) {
      try {
        await work(call);
        return;
      } catch (error) {
        refusals.push(`${name}: ${messageOf(error)}`);
      }
    }
  } finally {
    connection.close();
  }
  throw new Error(`no manager did it (${refusals.join("; ")})`);
}
