import type Docker from "dockerode";
import { LABELS, LOAD_BALANCER } from "../../../../plan/labels";
import type { ContainerInputs } from "../container-spec";
import { execIn } from "./exec";
import { readScript } from "../../../ssh/script";

/** Time limit for a load balancer to apply the address, in seconds. */
const LIMIT = 20;

/**
 * Adds the address of a new host to the stack's load balancers. They get their members' addresses from
 * the program, which has them only when the last host exists. A pool that moves to other zones would have no members until
 * then. Fixed addresses are known beforehand.
 *
 * @throws Error if a running load balancer doesn't apply it
 */
export async function announceMember(engine: Docker, inputs: ContainerInputs, address: string): Promise<void> {
  if (inputs.address !== undefined) return;
  const { [LABELS.stack]: stack = "", [LABELS.host]: name = "" } = inputs.labels;
  const label = [`${LABELS.stack}=${stack}`, `${LABELS.role}=${LOAD_BALANCER}`];
  const running = await engine.listContainers({ filters: { label, status: ["running"] } });
  const command = ["bash", "-c", readScript("move-member").text, "move-member", name, address];
  for (const { Id, Names } of running) {
    const { code, stderr } = await execIn(engine.getContainer(Id), command, LIMIT);
    if (code !== 0) throw new Error(`${Names.join()} doesn't apply the address of ${name}: ${stderr}`);
  }
}
