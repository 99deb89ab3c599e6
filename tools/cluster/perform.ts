import { listNodes, removeNode, updateNode } from "./docker-api";
import { throughManager } from "./inspect";
import { messageOf } from "../../components/message";
import { sleep } from "./limit";
import type { RepairStep } from "./plan-repair";
import { redo } from "../engine";
import { up, type LiveStack } from "./stack";

/** Seconds until a manager that was demoted must have left the managers' store, so that it can be removed. */
const DEMOTION_LIMIT = 20;

/** Does one step of a repair. @returns why it couldn't be done */
export async function perform(step: RepairStep, stack: LiveStack): Promise<string | undefined> {
  switch (step.kind) {
    case "up":
      if (step.redo !== undefined) {
        const marking = redo(stack.stack, () => ({ replace: [], update: step.redo ?? [] }));
        const failure = await attempt(() => marking);
        if (failure !== undefined) return failure;
      }
      return up(stack.stack, [], ["--continue-on-error"]);
    case "replace":
      // What the state has lost needs no replacing: any `up` makes it.
      return up(
        stack.stack,
        stack.machines.filter((machine) => step.names.includes(machine.name)).map((machine) => machine.urn),
        ["--continue-on-error"],
      );
    case "settings":
      return attempt(() => throughManager(stack, (call) => updateNode(call, step.nodeId, step.change)));
    case "ghost":
      return attempt(() => removeGhost(step.nodeId, stack));
  }
}

async function removeGhost(id: string, stack: LiveStack): Promise<void> {
  const end = Date.now() + DEMOTION_LIMIT * 1000;
  for (;;) {
    try {
      await throughManager(stack, async (call) => {
        const node = (await listNodes(call)).find((one) => one.id === id);
        if (node === undefined) return;
        // It may have come back to life since it was looked at; then it is for a person to say.
        if (node.state === "ready") throw new Error("it is alive again");
        if (node.role === "manager") await updateNode(call, id, { role: "worker" });
        await removeNode(call, id);
      });
      return;
    } catch (error) {
      if (Date.now() >= end) throw error;
      await sleep(1);
    }
  }
}

async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
