/**
 * Test hosts that are virtual machines: QEMU in a container each, with a kernel of their own that has IP_VS and ESP, and
 * systemd as on a real host. By KVM where the workstation has it, else emulated, which is slower by far.
 */
import type Docker from "dockerode";
import { existsSync, readFileSync } from "node:fs";
import { docker } from "../../../components/docker";
import { ensureTestMachineImage } from "./images";
import { TestHosts, type TestHost } from "./test-hosts";

/** MiB of a machine's memory. */
const MEMORY = 1024;
/** A machine's container has an address of its own, so much above the machine's. */
const CONTAINER_ABOVE = 100;
/** Seconds that an emulated machine may take to boot. */
const BOOT_LIMIT = 300;

/** See the file's head. Their images are all the same, with a Docker engine. */
export class TestMachines extends TestHosts {
  private image = "";

  public constructor(name: string, range: string) {
    super(name, range, BOOT_LIMIT);
  }

  /** @inheritdoc */
  public override async begin(): Promise<void> {
    await super.begin();
    this.image = await ensureTestMachineImage(docker());
  }

  /** @inheritdoc */
  protected override inside(host: string, args: readonly string[]): string[] {
    return ["exec", "-i", this.container(host), "vm-exec", this.address(this.host(host).at), ...args];
  }

  /** @inheritdoc */
  protected override containerOf(host: TestHost): Docker.ContainerCreateOptions & { HostConfig: Docker.HostConfig } {
    const devices = ["/dev/kvm", "/dev/net/tun"].filter((path) => existsSync(path));
    return {
      Image: this.image,
      Cmd: [host.name, `${this.address(host.at)}/24`, String(MEMORY)],
      Env: [`IMAGES_ADDRESS=${this.registryAddress}`, `NAMESERVER=${nameserver()}`],
      NetworkingConfig: this.endpoint(host.at + CONTAINER_ABOVE),
      HostConfig: {
        CapAdd: ["NET_ADMIN"],
        Devices: devices.map((path) => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: "rwm" })),
        Mounts: [this.volume(this.container(host.name), "/disk")],
      },
    };
  }
}

/** The workstation's own resolver: machines have no other way to Debian's packages. */
function nameserver(): string {
  return /^nameserver\s+(\S+)/m.exec(readFileSync("/etc/resolv.conf", "utf8"))?.[1] ?? "127.0.0.1";
}
