/** Does faults to a local stack, and ends those that don't end by themselves. */
import { RegistryClient } from "../../test/support/registry";
import { pause } from "../../test/support/pause";
import { succeed } from "../../test/support/run";
import type { TestStack } from "../../test/support/test-stack";
import type { StackOutputs } from "../../components/outputs";
import { PORTS } from "../../plan/ports";
import { setClock } from "./clock";
import { fillDisk, freeDisk, restoreDisk, type RegistryVolume } from "./disks";
import type { Fault } from "./model";

/** Comment of our packet filter rules, to find them again. */
const MARK = "swarm-ha-chaos";

/** What faults are done to. */
export interface Target {
  readonly stack: TestStack;
  readonly outputs: StackOutputs;
  /** The registry hosts' shared storage. */
  readonly storage: RegistryVolume;
}

/** Does a fault. @throws Error when it can't be done, as on a host that an earlier fault has stopped */
export async function hurt({ stack, outputs, storage }: Target, fault: Fault): Promise<void> {
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
    case "disk-full":
      return fillDisk(stack.container(fault.host));
    case "clock":
      return setClock(stack.container(fault.host), fault.seconds);
    case "partition":
      await drop(stack, outputs, [fault.from], fault.to);
      if (fault.both) await drop(stack, outputs, [fault.to], fault.from);
      return;
    case "zones": {
      const inside = (zones: readonly string[]): string[] =>
        Object.entries(outputs.hosts).flatMap(([name, { zone }]) => (zones.includes(zone) ? [name] : []));
      const [from, to] = [inside(fault.from), inside(fault.to)];
      for (const host of to) await drop(stack, outputs, from, host, true);
      if (fault.both) for (const host of from) await drop(stack, outputs, to, host, true);
      return;
    }
    case "storage-gone":
      return new RegistryClient(stack, outputs).storage(fault.host, false);
    case "storage-full":
      return storage.fill();
  }
}

/** Ends what no command of ours may end: packet filter rules, full disks, wrong clocks. Hosts that don't run have none. */
export async function unblock({ stack, storage }: Target, faults: readonly Fault[]): Promise<void> {
  const script = `iptables-save | grep -- '${MARK}' | sed 's/^-A/-D/' | while read -r rule; do eval "iptables $rule"; done`;
  const has = (name: string, kind: Fault["kind"]): boolean =>
    faults.some((fault) => fault.kind === kind && "host" in fault && stack.container(fault.host) === name);
  for (const { Names, State } of await stack.containers()) {
    if (State !== "running") continue;
    // A paused container refuses, and its filters have no effect: it is unblocked when it is in the state `running` again.
    await succeed("docker", ["exec", Names, "bash", "-c", `command -v iptables >/dev/null || exit 0; ${script}`], {
      limit: 20,
    });
    if (has(Names, "disk-full")) await freeDisk(Names);
    // One that doesn't run has the right clock when it starts.
    if (has(Names, "clock")) await setClock(Names, 0).catch(() => undefined);
  }
  if (faults.some(({ kind }) => kind === "storage-full")) await storage.free();
}

/** After the round: what the faults have changed for good is as before. */
export async function tidy({ stack }: Target, faults: readonly Fault[]): Promise<void> {
  let changed = false;
  for (const fault of faults) {
    if (fault.kind === "disk-full") changed = (await restoreDisk(stack.container(fault.host))) || changed;
  }
  if (changed) await stack.untilHealthy();
}

/** Drops packets from hosts, at another one: the swarm's, or all. */
async function drop(
  stack: TestStack,
  outputs: StackOutputs,
  from: readonly string[],
  to: string,
  all = false,
): Promise<void> {
  const rule = (host: string, match: string): string =>
    `iptables -I INPUT -s ${outputs.hosts[host]?.address ?? ""} ${match} -m comment --comment ${MARK} -j DROP`;
  const ports = [
    ["tcp", PORTS.swarm],
    ["tcp", PORTS.gossip],
    ["udp", PORTS.gossip],
    ["udp", PORTS.vxlan],
  ] as const;
  const matches = all ? [""] : ports.map(([protocol, port]) => `-p ${protocol} --dport ${port}`);
  const rules = from.flatMap((host) => matches.map((match) => rule(host, match)));
  await stack.exec(to, ["bash", "-ec", rules.join("\n")]);
}
