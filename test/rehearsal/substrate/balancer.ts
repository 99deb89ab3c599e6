import type Docker from "dockerode";
import { archive } from "../../../components/platform/local/provider/archive";
import { reload } from "../../../components/platform/local/provider/container";
import { startAndWait } from "../../../components/platform/local/provider/serving";
import type { BalancerPlan, TargetState } from "../cloud/substrate";
import { balancerSettings, STATES_PORT, targetStates } from "./haproxy";
import type { Run } from "./run";
import { runIn } from "./shell";

/** What a balancer's container is made from, besides its plan. */
export interface BalancerArgs {
  readonly plan: BalancerPlan;
  /** Image with HAProxy. */
  readonly image: string;
  /** Name of the VPC's network. */
  readonly network: string;
  /** Default route. */
  readonly router: string;
  /** Its first tables, for iptables-restore. */
  readonly tables: string;
}

const settingsFile = (plan: BalancerPlan): { path: string; mode: string; content: string } => ({
  path: "/etc/haproxy/haproxy.cfg",
  mode: "0644",
  content: balancerSettings(plan),
});

/** Makes and starts a load balancer. */
export async function createBalancer(run: Run, { plan, image, network, router, tables }: BalancerArgs): Promise<Docker.Container> {
  const [first = "", ...others] = plan.addresses;
  const container = await run.engine.createContainer({
    name: run.name(plan.id),
    Hostname: plan.id.slice(0, 63),
    Image: image,
    Labels: { ...run.labels },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: first } } } },
    HostConfig: {
      NetworkMode: network,
      CapAdd: ["NET_ADMIN"],
      Sysctls: { "net.ipv4.conf.all.arp_notify": "1" },
      Tmpfs: { "/run": "rw,exec,mode=755" },
    },
  });
  await container.putArchive(await archive([settingsFile(plan)]), { path: "/" });
  await startAndWait(container, ["haproxy"]);
  const lines = others.map((address) => `ip addr add ${address}/32 dev eth0`);
  await runIn(container, ["bash", "-e"], [...lines, `ip route replace default via ${router}`, ""].join("\n"));
  await runIn(container, ["iptables-restore", "-w", "10"], tables);
  return container;
}

/** Gives a load balancer new listeners or targets, without an end to connections that are open. */
export async function changeBalancer(container: Docker.Container, plan: BalancerPlan): Promise<void> {
  await container.putArchive(await archive([settingsFile(plan)]), { path: "/" });
  await reload(container, "haproxy");
}

/** State of its targets. */
export async function balancerTargets(container: Docker.Container): Promise<TargetState[]> {
  const ask = `exec 3<>/dev/tcp/127.0.0.1/${String(STATES_PORT)}; echo "show stat -1 4 -1" >&3; timeout 10 cat <&3`;
  return targetStates(await runIn(container, ["bash", "-e"], `${ask}\n`));
}
