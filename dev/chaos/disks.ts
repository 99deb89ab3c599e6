/** Disks without a free byte, with the errors that the kernel gives: small file systems in memory. */
import { run, succeed, until } from "../../test/support/run";
import type { TestStack } from "../../test/support/test-stack";

/** Their size while they have room: status reports a disk of less than 10 GiB with less than 1 GiB. */
const ROOM = "3g";
const ENGINE = "/var/lib/docker";
const IS_FULL = `mountpoint -q ${ENGINE}/swarm`;
/** Gives a file system as many bytes as it uses. (The size 0 would be no limit.) */
const SHRINK = `shrink() { mount -o "remount,size=$(df --output=used -k "$1" | tail -n 1 | tr -d ' ')k" "$1"; }`;

/**
 * The file system with the swarm's data is full from now on, and so is the one where images are unpacked. What was on the
 * disk is removed: a host that is started again loses it, instead of going back to an old state, which no disk does.
 */
export async function fillDisk(container: string): Promise<void> {
  await onHost(
    container,
    `${SHRINK}
     sv -w 30 force-stop /etc/service/docker >/dev/null || true
     cd ${ENGINE}; rm -rf /root/swarm; cp -a swarm /root/swarm; find swarm -mindepth 1 -delete
     mount -t tmpfs -o mode=0700,size=${ROOM} tmpfs swarm; cp -a /root/swarm/. swarm/; rm -rf /root/swarm
     sv up /etc/service/docker
     for _ in $(seq 30); do ! timeout 5 docker info >/dev/null 2>&1 || break; sleep 1; done
     sleep 2
     for _ in 1 2 3; do ! shrink swarm || break; done
     mkdir -p tmp; mount -t tmpfs -o mode=0700,size=4k tmpfs tmp`,
  );
}

/** Gives it room, as a person would. */
export function freeDisk(container: string): Promise<void> {
  return onHost(
    container,
    `! ${IS_FULL} || mount -o remount,size=${ROOM} ${ENGINE}/swarm
     ! mountpoint -q ${ENGINE}/tmp || umount -l ${ENGINE}/tmp`,
  );
}

/** Puts the swarm's data back on the disk, where the next round's faults expect it. @returns whether it was elsewhere */
export async function restoreDisk(container: string): Promise<boolean> {
  const { code } = await run("docker", ["exec", container, "bash", "-c", IS_FULL], { limit: 30 });
  if (code !== 0) return false;
  await onHost(
    container,
    `sv -w 40 force-stop /etc/service/docker >/dev/null || true
     cd ${ENGINE}; rm -rf /root/swarm; cp -a swarm /root/swarm; umount -l swarm
     cp -a /root/swarm/. swarm/; rm -rf /root/swarm; sv up /etc/service/docker`,
  );
  return true;
}

function onHost(container: string, text: string): Promise<void> {
  const args = ["exec", container, "bash", "-ec", text];
  return succeed("docker", args, { limit: 150 }).then(() => undefined);
}

/** The volume that the registry hosts share, in memory. A container of ours holds it while none of the stack does. */
export class RegistryVolume {
  private readonly volume: string;
  private readonly holder: string;

  public constructor(private readonly stack: TestStack) {
    this.volume = `${stack.name}-registry`;
    this.holder = `swarm-ha-chaos-holds-${this.volume}`;
  }

  /** Creates it, before the stack. */
  public async create(): Promise<void> {
    await this.remove();
    const options = ["type=tmpfs", "device=tmpfs", `o=size=${ROOM}`].flatMap((option) => ["--opt", option]);
    await succeed("docker", ["volume", "create", ...options, this.volume], { limit: 30 });
  }

  /** Holds it from now on. The stack is up: the image is its hosts'. */
  public async hold(host: string): Promise<void> {
    const format = ["--format", "{{.Config.Image}}"];
    const image = await succeed("docker", ["inspect", ...format, this.stack.container(host)], { limit: 30 });
    const rights = ["--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined"];
    const place = ["--network", "none", "-v", `${this.volume}:/held`, "--entrypoint", "sleep"];
    await succeed("docker", ["run", "-d", "--name", this.holder, ...rights, ...place, image.trim(), "infinity"], {
      limit: 60,
    });
  }

  /** It has no free byte. An upload under way may use more at that moment, so it is tried again. */
  public async fill(): Promise<void> {
    await until(`${this.volume} to be full`, 20, () => this.inside(`${SHRINK}; shrink /held`).then(() => undefined));
  }

  /** It has room. */
  public free(): Promise<void> {
    return this.inside(`mount -o remount,size=${ROOM} /held`);
  }

  /** Removes the holder: the volume goes with the stack's containers, or with {@link remove}. */
  public async release(): Promise<void> {
    await run("docker", ["rm", "-f", this.holder], { limit: 30 });
  }

  /** Removes it, after the stack. */
  public async remove(): Promise<void> {
    await this.release();
    await succeed("docker", ["volume", "rm", "-f", this.volume], { limit: 30 });
  }

  private inside(text: string): Promise<void> {
    return onHost(this.holder, text);
  }
}
