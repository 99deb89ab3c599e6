/** An `npm start` whose Pulumi engine is killed at some point, and what has to come of the next one. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { figure, until } from "./run";
import type { TestStack } from "./test-stack";

/** A moment of an `up`: that in which its output first matches. */
export interface Moment {
  readonly name: string;
  readonly pattern: RegExp;
}

/** In their order. A step's line comes when it is done: after the token's, the join is under way. */
export const MOMENTS: readonly Moment[] = [
  { name: "while the first containers are created", pattern: /\bnetwork created/ },
  { name: "after the first container", pattern: /(manager|registry|worker)-\d created/ },
  { name: "while the Docker engines are prepared", pattern: /prepare-manager-\d created/ },
  { name: "while the swarm is created", pattern: /prepare-bastion created/ },
  { name: "while the second manager joins", pattern: /token-manager-2 created/ },
  { name: "while the workers join", pattern: /token-worker-\S+ created/ },
];

/** Runs a tool and kills its whole process group, the hard way, at a moment. @returns the output until then */
export async function killAt(stack: TestStack, moment: Moment, tool: string, args: readonly string[]): Promise<string> {
  const state = { killed: false };
  const { code, output } = await stack.tool(tool, args, 240, (text, kill) => {
    if (state.killed || !moment.pattern.test(text)) return;
    state.killed = true;
    kill();
  });
  assert.ok(state.killed && code === null, `never came to the moment "${moment.name}":\n${output}`);
  return output;
}

/** `npm start` has to end with one swarm and these hosts, once each. */
export async function assertConverges(stack: TestStack, hosts: readonly string[]): Promise<void> {
  const { seconds } = await stack.start();
  figure("npm start again", seconds);
  await stack.untilHealthy();
  const nodes = await stack.nodes();
  assert.deepEqual(nodes.map((node) => node.Hostname).sort(), [...hosts].sort());
  assert.ok(nodes.every((node) => node.Status === "Ready"));
  assert.deepEqual(await stack.swarmIds(), [(await stack.outputs()).swarmId]);
  const containers = (await stack.containers()).map((container) => container.Names);
  assert.deepEqual(
    containers,
    [...hosts, "bastion", "lb-app", "lb-manager", "lb-registry"].map((host) => stack.container(host)).sort(),
  );
}

/**
 * Removes a manager from the swarm, and leaves the state as it is when the Pulumi engine is killed right then: the node is still
 * in it, with a note that it was being deleted.
 */
export async function removeUnwritten(stack: TestStack, host: string): Promise<void> {
  const node = (await stack.nodes()).find(({ Hostname }) => Hostname === host);
  assert.ok(node !== undefined, `${host} is no node`);
  await stack.onManager(["docker", "node", "demote", node.ID]);
  await until(`${host} to be removed`, 30, async () => {
    await stack.onManager(["docker", "node", "rm", "--force", node.ID]);
    return undefined;
  });
  const folder = join(stack.home, "state/swarm-ha/backend/.pulumi/stacks/swarm-ha");
  const file = join(folder, `${stack.name}.json`);
  const state = JSON.parse(readFileSync(file, "utf8")) as {
    checkpoint: { latest: { resources: { urn: string }[]; pending_operations?: unknown } };
  };
  const { latest } = state.checkpoint;
  const resource = latest.resources.find(({ urn }) => urn.endsWith(`::node-${host}`));
  assert.ok(resource !== undefined, `the state has no node-${host}`);
  latest.pending_operations = [{ resource, type: "deleting" }];
  writeFileSync(file, JSON.stringify(state));
}
