/** Random faults of hosts that the program didn't make, and what a person does about them. */
import type { Random } from "../../../dev/chaos/random";
import { PORTS } from "../../../plan/ports";
import { succeed } from "../run";
import { pause } from "../pause";
import type { TestHosts } from "./test-hosts";

/** What happens to one host. */
const KINDS = [
  /** It loses its power, and is switched on again by a person. */
  "kill",
  /** It hangs: it answers nothing, and its connections stay open. */
  "pause",
  /** It loses its disk, and is re-installed by a person. */
  "reinstall",
  "stop the Docker engine of",
  "hang the Docker engine of",
  /** A person lets the node leave the swarm. */
  "leave the swarm on",
  /** Packets of the swarm to it are dropped. */
  "cut off",
] as const;

/** A fault. */
export interface Fault {
  readonly kind: (typeof KINDS)[number];
  readonly host: string;
}

/** Faults at the same time, then perhaps a command that meets them before the person comes. */
export interface Round {
  readonly faults: readonly Fault[];
  readonly command?: "repair" | "up";
}

/** Comment of our packet filter rules, to find them again. */
const MARK = "swarm-ha-drill";

/** One or two faults: never two of managers. Beside the nodes, a load balancer or the bastion may be hit. Pure. */
export function roundOf(random: Random, nodes: readonly string[], beside: readonly string[]): Round {
  const managers = nodes.filter((name) => name.startsWith("manager-"));
  const others = nodes.filter((name) => !managers.includes(name));
  const manager = random.percent(60) ? [random.pick(managers)] : [];
  const other = manager.length === 0 || random.percent(50) ? [random.pick(others)] : [];
  const hit = [...manager, ...other].map((host) => ({ kind: random.pick(KINDS), host }));
  const kinds = ["kill", "pause", "reinstall"] as const;
  const more = random.percent(25) ? [{ kind: random.pick(kinds), host: random.pick(beside) }] : [];
  const command = random.percent(50) ? { command: random.pick(["repair", "up"] as const) } : {};
  return { faults: [...hit, ...more], ...command };
}

/** A round in words. */
export function roundText({ faults, command }: Round): string {
  const words = faults.map(({ kind, host }) => `${kind} ${host}`).join(", ");
  return command === undefined ? words : `${words}; ${command}`;
}

/** Does a fault. */
export async function hurt(hosts: TestHosts, { kind, host }: Fault): Promise<void> {
  switch (kind) {
    case "kill":
    case "reinstall":
      return hosts.kill(host);
    case "pause":
      return pause(hosts.container(host));
    case "stop the Docker engine of":
      await hosts.exec(host, ["systemctl", "stop", "docker.socket", "docker.service"]);
      return;
    case "hang the Docker engine of":
      await hosts.exec(host, ["pkill", "-STOP", "-x", "dockerd"]);
      return;
    case "leave the swarm on":
      await hosts.exec(host, ["docker", "swarm", "leave", "--force"]);
      return;
    case "cut off": {
      const rule = (protocol: string, port: number): string =>
        `iptables -I INPUT -p ${protocol} --dport ${String(port)} -m comment --comment ${MARK} -j DROP`;
      const { swarm, gossip, vxlan } = PORTS;
      const rules = [rule("tcp", swarm), rule("tcp", gossip), rule("udp", gossip), rule("udp", vxlan)];
      await hosts.bash(host, rules.join("\n"));
    }
  }
}

/**
 * What only a person can do: switches hosts on, re-installs those that have lost their disks, ends what cuts hosts off.
 *
 * @returns whether host keys are other ones now
 */
export async function helpOut(hosts: TestHosts, faults: readonly Fault[]): Promise<boolean> {
  for (const { kind, host } of faults) {
    if (kind === "kill") await hosts.start(host);
    if (kind === "pause") await succeed("docker", ["unpause", hosts.container(host)], { limit: 30 });
    if (kind === "reinstall") await hosts.reimage(host);
    if (kind === "cut off")
      await hosts.bash(
        host,
        `iptables-save | grep -- ${MARK} | sed 's/^-A/-D/' | while read -r rule; do eval "iptables $rule"; done`,
      );
  }
  return faults.some(({ kind }) => kind === "reinstall");
}
