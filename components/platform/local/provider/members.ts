import type Docker from "dockerode";
import { LABELS, LOAD_BALANCER } from "../../../../plan/labels";
import type { ContainerInputs } from "../container-spec";
import { execIn } from "./exec";
import { readScript } from "../../../ssh/script";

/** Seconds for a load balancer to take the address over. */
const LIMIT = 20;

/**
 * Tells the stack's load balancers the address of a host that has just been given one. They have their members' addresses from
 * the program, which learns these when the last host is there: of a pool that moves to other zones none would be left until
 * then. Fixed addresses it knows beforehand.
 *
 * @throws Error when a load balancer that runs doesn't take it over
 */
export async function announceMember(engine: Docker, inputs: ContainerInputs, address: string): Promise<void> {
  if (inputs.address !== undefined) return;
  const { [LABELS.stack]: stack = "", [LABELS.host]: name = "" } = inputs.labels;
  const label = [`${LABELS.stack}=${stack}`, `${LABELS.role}=${LOAD_BALANCER}`];
  const running = await engine.listContainers({ filters: { label, status: ["running"] } });
  const command = ["bash", "-c", readScript("move-member").text, "move-member", name, address];
  for (const { Id, Names } of running) {
    const { code, stderr } = await execIn(engine.getContainer(Id), command, LIMIT);
    if (code !== 0) throw new Error(`${Names.join()} can't be told the address of ${name}: ${stderr}`);
  }
}
