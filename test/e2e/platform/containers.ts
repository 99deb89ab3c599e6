import { createServer, type Server } from "node:net";
import type Docker from "dockerode";
import { docker, unlessGone } from "../../../components/docker";
import { hostImage, hostImageBuild } from "../../../components/platform/local/image";
import { LABELS } from "../../../plan/labels";
import type { ContainerFile, ContainerInputs } from "../../../components/platform/local/container-spec";
import {
  createContainer,
  deleteContainer,
  type ContainerState,
} from "../../../components/platform/local/provider/container-resource";
import { createNetwork, deleteNetwork, type NetworkInputs } from "../../../components/platform/local/provider/network";
import { ensureImage } from "../../../cli/workstation/host-image";
import { removeUnmanaged } from "../../support/unmanaged";
import { sshKeyPair } from "../../support/ssh-keys";

/** Two keys, made once: a host key, and one that logs in. */
const host = sshKeyPair();
const client = sshKeyPair();

/** Private keys, which must show up nowhere. */
export const PRIVATE_KEYS = [host.private, client.private];

const SSH_FILES: readonly ContainerFile[] = [
  { path: "/etc/ssh/ssh_host_ed25519_key", mode: "0600", content: host.private },
  { path: "/etc/ssh/authorized_keys", mode: "0600", content: client.public },
];

/** A stack of containers made by the provider's own functions, without Pulumi. */
export class Stack {
  public readonly engine: Docker = docker();
  private networkId = "";

  public constructor(
    public readonly name: string,
    private readonly third: number,
  ) {}

  public get network(): NetworkInputs {
    return { name: this.name, stack: this.name, subnet: this.address(0) + "/24", gateway: this.address(1) };
  }

  /** An address of this stack's own range. */
  public address(last: number): string {
    return `10.199.${String(this.third)}.${String(last)}`;
  }

  public async start(): Promise<void> {
    await ensureImage(this.engine, hostImageBuild());
    await this.remove();
    this.networkId = (await createNetwork(this.network)).id;
  }

  /** Removes all that is there, known or not; also what an interrupted run left that isn't the provider's to remove. */
  public async remove(): Promise<void> {
    await deleteNetwork(this.networkId === "" ? this.name : this.networkId, this.network);
    await removeUnmanaged(this.engine, this.name);
  }

  /** What a container of this stack is made from. */
  public inputs(hostname: string, own: Partial<ContainerInputs> = {}): ContainerInputs {
    return {
      container: `${this.name}-${hostname}`,
      hostname,
      labels: {
        [LABELS.stack]: this.name,
        [LABELS.role]: "worker",
        [LABELS.zone]: "zone-a",
        [LABELS.host]: hostname,
      },
      image: hostImage(),
      network: this.name,
      ...(own.address === undefined ? { addresses: { first: this.address(100), last: this.address(110) } } : {}),
      files: SSH_FILES,
      reload: ["sshd"],
      ports: [],
      nested: false,
      ...own,
    };
  }

  public async create(hostname: string, own: Partial<ContainerInputs> = {}): Promise<ContainerState> {
    return (await createContainer(this.inputs(hostname, own))).outs;
  }

  public async delete(container: ContainerState): Promise<void> {
    await deleteContainer(container.identity, container);
  }

  /** Runs a command in a container. @returns what it printed; an exit code other than 0 is its last line */
  public async run(container: string, ...command: string[]): Promise<string> {
    const exec = await this.engine
      .getContainer(container)
      .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
    let text = "";
    for await (const piece of await exec.start({ Tty: true })) text += String(piece);
    const { ExitCode } = await exec.inspect();
    return ExitCode === 0 ? text : `${text}\nexit code ${String(ExitCode)}`;
  }

  /** Ids of the containers that took the place of a removed one. */
  public async containersOf(identity: string): Promise<string[]> {
    const filters = { label: [`${LABELS.identity}=${identity}`] };
    return (await this.engine.listContainers({ all: true, filters })).map(({ Id }) => Id);
  }

  /** Names of all containers and volumes with this stack's label. */
  public async left(): Promise<string[]> {
    const filters = { label: [`${LABELS.stack}=${this.name}`] };
    const containers = await this.engine.listContainers({ all: true, filters });
    const { Volumes: volumes } = await this.engine.listVolumes({ filters });
    return [...containers.map(({ Names }) => Names[0] ?? ""), ...volumes.map(({ Name }) => Name)];
  }

  /** Whether a container or volume is there. */
  public async has(kind: "container" | "volume", name: string): Promise<boolean> {
    const thing = kind === "container" ? this.engine.getContainer(name) : this.engine.getVolume(name);
    return (await unlessGone(thing.inspect() as Promise<object>)) !== undefined;
  }
}

/** A port of this computer that is in use, until `close`. */
export async function takenPort(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, server };
}

/** A port that is free just now. */
export async function freePort(): Promise<number> {
  const { port, server } = await takenPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Tries until a check is true; the error says what was seen last. */
export async function until(seconds: number, look: () => Promise<string | true>): Promise<void> {
  let seen: string | true = "nothing";
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    seen = await look();
    if (seen === true) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${String(seconds)} s; seen last: ${seen}`);
}
