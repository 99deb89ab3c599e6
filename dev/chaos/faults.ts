/** Does faults to a local stack, and ends those that don't end by themselves. */
import { RegistryClient } from "../../test/support/registry";
import { pause } from "../../test/support/pause";
import { succeed } from "../../test/support/run";
import type { TestStack } from "../../test/support/test-stack";
import type { StackOutputs } from "../../components/outputs";
import { PORTS } from "../../plan/ports";
import type { Fault } from "./sequence";

/** Comment of our packet filter rules, to find them again. */
const MARK = "swarm-ha-chaos";

/** Does a fault. @throws Error when it can't be done, as on a host that an earlier fault has stopped */
export async function hurt(stack: TestStack, outputs: StackOutputs, fault: Fault): Promise<void> {
  const docker = (...args: string[]): Promise<string> => succeed("docker", args, { limit: 60 });
  switch (fault.kind) {
    case "kill":
      return stack.kill(fault.host);
    case "stop":
    case "stop-beside":
      await docker("stop", "--time", "10", stack.container(fault.host));
      return;
    case "pause":
      return pause(stack.container(fault.host));
    case "remove":
    case "remove-beside":
      return stack.remove(fault.host);
    case "lose":
      return stack.lose(fault.host);
    case "stop-engine":
      await stack.exec(fault.host, ["sv", "-w", "20", "force-stop", "/etc/service/docker"]);
      return;
    case "hang-engine":
      await stack.exec(fault.host, ["pkill", "-STOP", "-x", "dockerd"]);
      return;
    case "leave":
      await stack.exec(fault.host, ["docker", "swarm", "leave", "--force"]);
      return;
    case "drain":
      await stack.onManager(["docker", "node", "update", "--availability", "drain", fault.host]);
      return;
    case "partition":
      await drop(stack, outputs, fault.from, fault.to);
      if (fault.both) await drop(stack, outputs, fault.to, fault.from);
      return;
    case "storage-gone":
      return new RegistryClient(stack, outputs).storage(fault.host, false);
  }
}

/** Ends what no command of ours may end: packet filter rules. Hosts that don't run have none. */
export async function unblock(stack: TestStack): Promise<void> {
  const script = `iptables-save | grep -- '${MARK}' | sed 's/^-A/-D/' | while read -r rule; do eval "iptables $rule"; done`;
  for (const { Names, State } of await stack.containers()) {
    if (State !== "running") continue;
    // A paused container refuses, and its filters have no effect: it is unblocked when it is in the state `running` again.
    await succeed("docker", ["exec", Names, "bash", "-c", `command -v iptables >/dev/null || exit 0; ${script}`], {
      limit: 20,
    });
  }
}

/** Drops packets of the swarm from a host, at another one. */
async function drop(stack: TestStack, outputs: StackOutputs, from: string, to: string): Promise<void> {
  const address = outputs.hosts[from]?.address ?? "";
  const rule = (protocol: string, port: number): string =>
    `iptables -I INPUT -s ${address} -p ${protocol} --dport ${port} -m comment --comment ${MARK} -j DROP`;
  const rules = [
    rule("tcp", PORTS.swarm),
    rule("tcp", PORTS.gossip),
    rule("udp", PORTS.gossip),
    rule("udp", PORTS.vxlan),
  ];
  await stack.exec(to, ["bash", "-ec", rules.join("\n")]);
}
