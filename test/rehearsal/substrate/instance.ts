import type Docker from "dockerode";
import { nested, type ContainerFile } from "../../../components/platform/local/container-spec";
import { archive } from "../../../components/platform/local/provider/archive";
import type { InstancePlan } from "../cloud/substrate";
import type { Run } from "./run";
import { runIn } from "./shell";

/** What an instance's container is made from, besides its plan. */
export interface InstanceArgs {
  readonly plan: InstancePlan;
  readonly image: string;
  /** Name of the VPC's network. */
  readonly network: string;
  /** Files put in before it boots. */
  readonly files: readonly ContainerFile[];
}

/** Seconds that a stopping instance has for its shutdown. */
const SHUTDOWN = 30;

/** Makes an instance's container. */
export async function createInstance(
  run: Run,
  { plan, image, network, files }: InstanceArgs,
): Promise<Docker.Container> {
  const name = run.name(plan.id);
  const container = await run.engine.createContainer({
    name,
    Hostname: `ip-${plan.address.replaceAll(".", "-")}`,
    Image: image,
    Labels: { ...plan.labels, ...run.labels },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: plan.address } } } },
    HostConfig: {
      NetworkMode: network,
      Tmpfs: { "/run": "rw,exec,mode=755", "/run/lock": "rw", "/tmp": "rw,exec,mode=1777" },
      Mounts: [
        {
          Type: "volume",
          Source: name,
          Target: "/var/lib/docker",
          VolumeOptions: { NoCopy: true, Labels: { ...run.labels }, DriverConfig: { Name: "local", Options: {} } },
        },
      ],
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
      ...nested(),
      // systemd wants its own.
      CgroupnsMode: "private",
    } as Docker.HostConfig,
  });
  await container.putArchive(await archive(files), { path: "/" });
  return container;
}

/** What an instance's network is, before it boots. */
export interface InstanceNetwork {
  readonly router: string;
  /** Tables for iptables-restore. */
  readonly tables: string;
}

/** Starts an instance: packet filter, route and resolver are there before its first process. */
export async function bootInstance(container: Docker.Container, { router, tables }: InstanceNetwork): Promise<void> {
  await container.start();
  await runIn(container, ["iptables-restore", "-w", "10"], tables);
  await runIn(
    container,
    ["bash", "-e"],
    `ip route replace default via ${router}
end=$((SECONDS + 60))
until [ -p /run/rehearsal-go ]; do ((SECONDS < end)); sleep 0.05; done
echo 'nameserver ${router}' >/etc/resolv.conf
timeout 60 sh -c 'echo >/run/rehearsal-go'
`,
  );
}

/** Shuts an instance down. */
export async function stopInstance(container: Docker.Container): Promise<void> {
  await container.stop({ t: SHUTDOWN });
}
