/** What a restore does to hosts, swarm and state. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../../components/message";
import { outputOf } from "../cluster/host-shell";
import { actOnHost } from "../cluster/ask-hosts";
import { listSnapshots, readSnapshot, restoreOn, type Snapshot } from "../cluster/backups";
import { nameOf, resourcesOf } from "../cluster/deployment";
import { updateNode } from "../cluster/docker-api";
import { throughManager } from "../cluster/inspect";
import { scriptOnHost, withRoutes } from "../cluster/run-script";
import { up, type LiveStack } from "../cluster/stack";
import { redo } from "../pulumi";

/** Seconds for a rule of a host's packet filter. */
const BRIDGE_LIMIT = 30;
/** Seconds until a demoted manager is a worker, and until a promoted one is a manager: the second took 32 (measured). */
const MOVE_LIMIT = 150;

/** A node of the restored swarm, as its managers list it. */
export interface SwarmMember {
  readonly id: string;
  readonly name: string;
  /** Of a manager with a vote, without the port; else empty. */
  readonly address: string;
  readonly ready: boolean;
}

/** See the top of this file. Tests have one without a cluster. */
export interface RestoreWork {
  snapshots(stack: LiveStack): Promise<readonly Snapshot[]>;
  read(stack: LiveStack, snapshot: Snapshot): Promise<void>;
  restore(stack: LiveStack, name: string, snapshot: Snapshot): Promise<void>;
  /** All at once. @throws Error with each host that couldn't */
  leave(stack: LiveStack, names: readonly string[]): Promise<void>;
  /** All nodes of the swarm. @throws Error when no manager lists them */
  nodes(stack: LiveStack): Promise<readonly SwarmMember[]>;
  /** Leads all hosts' connections to one address of a manager to another, or ends that. */
  bridge(stack: LiveStack, names: readonly string[], from: string, to: string, on: boolean): Promise<void>;
  /** Runs the steps of all members again. @returns why it failed */
  join(stack: LiveStack): Promise<string | undefined>;
  /** Makes a manager a worker, unless it is one, and a manager again: it gets the address that it has. */
  move(stack: LiveStack, member: SwarmMember, to: string): Promise<void>;
}

const nodesSchema = z.array(
  z.object({
    ID: z.string(),
    Description: z.object({ Hostname: z.string().default("") }),
    Status: z.object({ State: z.string() }),
    ManagerStatus: z.object({ Addr: z.string().default("") }).nullish(),
  }),
);

async function nodesOf(stack: LiveStack): Promise<SwarmMember[]> {
  let found: SwarmMember[] = [];
  await throughManager(stack, async (call) => {
    found = nodesSchema.parse(await call("GET", "/nodes")).map(({ ID, Description, Status, ManagerStatus }) => ({
      id: ID,
      name: Description.Hostname,
      address: (ManagerStatus?.Addr ?? "").replace(/:\d+$/, ""),
      ready: Status.State === "ready",
    }));
  });
  return found;
}

/** See {@link RestoreWork}. */
export const restoreWork: RestoreWork = {
  snapshots: listSnapshots,
  read: (stack, { id }) => readSnapshot(stack, id),
  restore: restoreOn,
  leave: (stack, names) => onAll(names, (name) => actOnHost(stack, name, "leave", undefined)),
  nodes: nodesOf,
  bridge: (stack, names, from, to, on) =>
    withRoutes(stack, (routes) =>
      onAll(names, async (name) => {
        const data = { name, from, to, on: on ? "yes" : "no" };
        outputOf((await scriptOnHost(stack, name, "bridge", data, { ...routes, limit: BRIDGE_LIMIT })).end);
      }),
    ),
  async join({ stack, deployment }) {
    const steps = resourcesOf(deployment).filter(
      ({ type, urn }) => type === "command:remote:Command" && /^(init$|token-|stack-)/.test(nameOf(urn)),
    );
    await redo(stack, () => steps.map(({ urn }) => urn));
    return up(stack, [], ["--continue-on-error"]);
  },
  async move(stack, { id, name }, to) {
    const address = async (): Promise<string> => (await nodesOf(stack)).find((node) => node.id === id)?.address ?? "";
    await throughManager(stack, (call) => updateNode(call, id, { role: "worker" }));
    await until(`${name} to be a worker`, async () => (await address()) === "");
    await throughManager(stack, (call) => updateNode(call, id, { role: "manager" }));
    await until(`${name} to be a manager at ${to}`, async () => (await address()) === to);
  },
};

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + MOVE_LIMIT * 1000;
  let seen = "not yet";
  for (;;) {
    const good = await check().catch((error: unknown) => {
      seen = messageOf(error);
      return false;
    });
    if (good) return;
    if (Date.now() > end) throw new Error(`waited ${MOVE_LIMIT} s for ${what}; saw last: ${seen}`);
    await sleep(1000);
  }
}

async function onAll(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(names.map(work));
  const failures = ends.flatMap((end, n) =>
    end.status === "rejected" ? [`${names[n] ?? ""}: ${messageOf(end.reason)}`] : [],
  );
  if (failures.length > 0) throw new Error(failures.join("\n"));
}
