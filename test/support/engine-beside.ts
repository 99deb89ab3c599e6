import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { command } from "../../cli/workstation/command";
import { stopDockerd, type DockerdPlace } from "../../cli/workstation/dockerd";

const BRIDGE = "swarm-ha-test0";

/**
 * A place for a second Docker engine, which leaves the workstation's own data, bridge and firewall alone. A Docker engine with
 * `--bridge=none` deletes docker0, whoever's it is (`removeDefaultBridgeInterface` in moby), so this one has its own.
 *
 * @param directory always the same, so that the Docker engine of an interrupted run is found and stopped
 */
export function besideAnotherEngine(directory: string): Required<DockerdPlace> {
  const socket = join(directory, "docker.sock");
  const name = basename(directory);
  return {
    directory,
    socket,
    pidFiles: { dockerd: join(directory, "docker.pid"), containerd: `/var/run/${name}/containerd/containerd.pid` },
    arguments: [
      // The workstation's file may contradict these options, which dockerd refuses.
      `--config-file=${join(directory, "daemon.json")}`,
      `--data-root=${join(directory, "data")}`,
      `--exec-root=/var/run/${name}`,
      `--pidfile=${join(directory, "docker.pid")}`,
      `--host=unix://${socket}`,
      // The workstation's containerd serves both.
      `--containerd-namespace=${name}`,
      `--containerd-plugins-namespace=${name}-plugins`,
      `--bridge=${BRIDGE}`,
      "--iptables=false",
      "--ip-forward=false",
      "--ip-masq=false",
    ],
  };
}

/** Makes what that Docker engine needs to start. */
export async function prepareEngine({ directory }: Required<DockerdPlace>): Promise<void> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "daemon.json"), "{}\n");
  await command("ip", ["link", "add", "name", BRIDGE, "type", "bridge"], { timeout: 5000 });
  await command("ip", ["address", "add", "10.199.251.1/29", "dev", BRIDGE], { timeout: 5000 });
}

/** Stops and removes that Docker engine with all that it has. */
export async function removeEngine(place: Required<DockerdPlace>): Promise<void> {
  await stopDockerd(place);
  // A killed Docker engine leaves its data directory mounted on itself.
  await command("umount", [join(place.directory, "data")], { timeout: 5000 }).catch(() => undefined);
  rmSync(place.directory, { recursive: true, force: true });
  await command("ip", ["link", "delete", BRIDGE], { timeout: 5000 }).catch(() => undefined);
}

/** The names of the workstation's bridges. */
export async function bridges(): Promise<readonly string[]> {
  const links = await command("ip", ["-o", "link", "show", "type", "bridge"], { timeout: 5000 });
  return links.split("\n").flatMap((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? []);
}
