import type Docker from "dockerode";
import { z } from "zod";
import { retry } from "../../components/retry";
import { actOnHost } from "../cluster/ask-hosts";
import { nameOf, resourcesOf } from "../cluster/deployment";
import { listNodes, removeNode, updateNode, type DockerCall } from "../cluster/docker-api";
import { throughManager } from "../cluster/inspect";
import { userLabels } from "../cluster/labels";
import { unlockManagers } from "../cluster/unlock";
import type { LiveNode } from "../cluster/model";
import { attempt } from "./attempt";
import type { RepairStep } from "./plan-repair";
import { redo } from "../pulumi";
import { up, type LiveStack } from "../cluster/stack";

/** Seconds until a demoted manager must have left the Raft group, so that it can be removed. */
const DEMOTION_LIMIT = 20;

/** Seconds until the managers must have noticed that a node has left. Heartbeats are 5 s apart, and three may be missed. */
const LEAVE_LIMIT = 60;

/** Name of the step that fetches a host's token, in components/swarm/member.ts. */
const tokenStep = (host: string): string => `token-${host}`;

/**
 * Does one step of a repair.
 *
 * @param docker the Docker engine of a local stack's hosts
 * @returns why it failed
 */
export async function perform(
  step: RepairStep,
  stack: LiveStack,
  docker: Docker | undefined,
): Promise<string | undefined> {
  const [name = ""] = step.names;
  switch (step.kind) {
    case "engine":
      return attempt(() => actOnHost(stack, name, step.action, docker));
    case "unlock":
      return attempt(() => unlockManagers(stack, step.names));
    case "rejoin":
      return rejoin(step, stack, docker);
    case "up":
      if (step.redo !== undefined) {
        const steps = step.redo;
        const failure = await attempt(() => redo(stack.stack, () => steps));
        if (failure !== undefined) return failure;
      }
      return goOn(stack, []);
    case "replace":
      // An instance that isn't in the state needs no `--replace`: any `up` creates it.
      return goOn(
        stack,
        stack.instances.filter(({ name }) => step.names.includes(name)).map(({ urn }) => urn),
      );
    case "settings":
      return attempt(() => throughManager(stack, (call) => updateNode(call, step.nodeId, step.change)));
    case "stale-node":
      return attempt(() => removeStaleNode(step.nodeId, stack));
  }
}

/** Runs an `up` that continues after errors. */
function goOn({ stack }: LiveStack, replace: readonly string[]): Promise<string | undefined> {
  return up(stack, replace, ["--continue-on-error"]);
}

/**
 * Lets a host leave its swarm and join this one again; its volumes and images stay. A fresh token makes Pulumi run the
 * join, and what follows from it, once more.
 */
async function rejoin(
  { names: [name = ""], nodeId }: Extract<RepairStep, { kind: "rejoin" }>,
  stack: LiveStack,
  docker: Docker | undefined,
): Promise<string | undefined> {
  const token = resourcesOf(stack.deployment).find(({ urn }) => nameOf(urn) === tokenStep(name));
  const failure = await attempt(async () => {
    await actOnHost(stack, name, "leave", docker);
    // Before it joins again: a dead manager would still count for the quorum.
    if (nodeId !== undefined) await removeStaleNode(nodeId, stack, LEAVE_LIMIT);
  });
  // A step that isn't in the state yet, because the first `up` didn't finish, is run by any.
  return failure ?? goOn(stack, token === undefined ? [] : [token.urn]);
}

async function removeStaleNode(id: string, stack: LiveStack, limit = DEMOTION_LIMIT): Promise<void> {
  const remove = async (call: DockerCall): Promise<void> => {
    const node = (await listNodes(call)).find((one) => one.id === id);
    if (node === undefined) return;
    // It may be Ready again since it was observed; then a person must decide.
    if (node.state === "ready") throw new Error("it is alive again");
    await keepLabels(call, node);
    if (node.role === "manager") await updateNode(call, id, { role: "worker" });
    await removeNode(call, id);
  };
  await retry(() => throughManager(stack, remove), { limit });
}

/** Keeps the labels that people have set on a node for the next one of its name: the same as scripts/lib/labels.sh does. */
async function keepLabels(call: DockerCall, { hostname, labels }: LiveNode): Promise<void> {
  const own = userLabels(labels);
  if (Object.keys(own).length === 0) return;
  const name = `swarm-ha.labels.${hostname}`;
  const filters = encodeURIComponent(JSON.stringify({ name: [name] }));
  const configs = z.array(z.object({ ID: z.string(), Spec: z.object({ Name: z.string() }) }));
  // The filter matches the name as a prefix.
  for (const { ID, Spec } of configs.parse(await call("GET", `/configs?filters=${filters}`))) {
    if (Spec.Name === name) await call("DELETE", `/configs/${ID}`);
  }
  const Data = Buffer.from(JSON.stringify(own)).toString("base64");
  await call("POST", "/configs/create", { Name: name, Data, Labels: { "swarm-ha.labels": "true" } });
}
