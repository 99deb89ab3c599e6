import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { LABELS, LOAD_BALANCER } from "../../../../plan/labels";
import type { MachineInputs } from "../machine-spec";
import { execIn } from "./exec";

const SCRIPT = join(__dirname, "..", "..", "..", "..", "scripts", "move-member.sh");

/** Seconds for a load balancer to take the address over. */
const LIMIT = 20;

/**
 * Tells the stack's load balancers the address of a host that has just been made. They have their members' addresses from the
 * program, which learns them when the last host is there: of a tier that moves to other zones none would be left until then.
 *
 * @throws Error when a load balancer that runs doesn't take it over
 */
export async function announceMember(engine: Docker, inputs: MachineInputs, address: string): Promise<void> {
  const { [LABELS.stack]: stack = "", [LABELS.host]: name = "", [LABELS.role]: role } = inputs.labels;
  if (role === LOAD_BALANCER) return;
  const label = [`${LABELS.stack}=${stack}`, `${LABELS.role}=${LOAD_BALANCER}`];
  const running = await engine.listContainers({ filters: { label, status: ["running"] } });
  const command = ["bash", "-c", readFileSync(SCRIPT, "utf8"), "move-member", name, address];
  for (const { Id, Names } of running) {
    const { code, stderr } = await execIn(engine.getContainer(Id), command, LIMIT);
    if (code !== 0) throw new Error(`${Names.join()} can't be told the address of ${name}: ${stderr}`);
  }
}
