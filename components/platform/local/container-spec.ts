import type { ContainerCreateOptions, EndpointSettings, MountSettings } from "dockerode";
import type { AddressSpan } from "../../../plan/addressing";
import { LABELS } from "../../../plan/labels";

/** A file that is put into a container before it starts. */
export interface ContainerFile {
  /** Absolute path. */
  readonly path: string;
  /** Permission bits, octal text such as "0600". (The state would return a number as a float.) */
  readonly mode: string;
  /** Content; may be secret. */
  readonly content: string;
}

/** Inputs of a container's resource, as in the state. */
export interface ContainerInputs {
  /** Name of the container. */
  readonly container: string;
  /** Host name, which is the name in the stack and of the node. */
  readonly hostname: string;
  /** Labels of the container; see labels.ts. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image reference. A running container keeps its own: a new image is rolled out by replacing. */
  readonly image: string;
  /** Name of the network. */
  readonly network: string;
  /** Fixed address. @default the lowest free one of `addresses` */
  readonly address?: string;
  /** Range to pick an address from if none is fixed. */
  readonly addresses?: AddressSpan;
  /** Files put in before it starts. */
  readonly files: readonly ContainerFile[];
  /** Services of the container that reload when the files have changed. */
  readonly reload: readonly string[];
  /** TCP ports published on 127.0.0.1, as `<of this workstation>:<of the container>`. */
  readonly ports: readonly string[];
  /** Further names that it resolves, as `<name>:<address>`. @default none */
  readonly names?: readonly string[];
  /** Volumes that stay when it is deleted, and that others may share, as `<volume>:<path>`. @default none */
  readonly volumes?: readonly string[];
  /** Volumes that outlive even the stack, as `<volume>:<path>`. @default none */
  readonly keptVolumes?: readonly string[];
  /** Whether a Docker engine runs in it, which needs a volume for its data, and capabilities. */
  readonly nested: boolean;
}

/** Name of the volume with the Docker engine's data. It is created and deleted with the container. */
export function volumeOf(container: string): string {
  return `${container}-engine`;
}

/**
 * Options for creating the container.
 *
 * They contain no file and no secret: everybody with access to the Docker engine can read them.
 *
 * @param identity Id of the first container, if this one takes its place. @default the container's own id
 */
export function containerOptions(inputs: ContainerInputs, address: string, identity?: string): ContainerCreateOptions {
  return {
    name: inputs.container,
    Hostname: inputs.hostname,
    Image: inputs.image,
    Labels: { ...inputs.labels, ...(identity === undefined ? {} : { [LABELS.identity]: identity }) },
    ExposedPorts: Object.fromEntries(inputs.ports.map((port) => [containerPort(port), {}])),
    NetworkingConfig: {
      EndpointsConfig: { [inputs.network]: endpoint(inputs, address) },
    },
    HostConfig: {
      NetworkMode: inputs.network,
      // A container starts again with its Docker engine. One that was stopped by hand stays stopped.
      RestartPolicy: { Name: "unless-stopped" },
      PortBindings: Object.fromEntries(
        inputs.ports.map((port) => [
          containerPort(port),
          [{ HostIp: "127.0.0.1", HostPort: port.split(":")[0] ?? "" }],
        ]),
      ),
      Tmpfs: { "/run": "rw,exec,mode=755" },
      ExtraHosts: [...(inputs.names ?? [])],
      Mounts: [
        ...(inputs.nested ? [volume(volumeOf(inputs.container), "/var/lib/docker", inputs)] : []),
        ...shared(inputs),
        ...(inputs.keptVolumes ?? []).map((text) => mounted(text, {})),
      ],
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "2" } },
      ...(inputs.nested ? nested() : {}),
    },
  };
}

/** A container's place on the stack's network. */
export function endpoint({ hostname }: Pick<ContainerInputs, "hostname">, address: string): EndpointSettings {
  return { IPAMConfig: { IPv4Address: address }, Aliases: [hostname] };
}

/**
 * What a Docker engine inside a container needs, without `--privileged`, which fails where root itself lacks a capability
 * (sandboxes lack CAP_SYS_RESOURCE). Works where privileged works, too.
 */
export function nested(): NonNullable<ContainerCreateOptions["HostConfig"]> {
  return {
    CapAdd: ["ALL"],
    CapDrop: ["SYS_RESOURCE"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    // The command line's `systempaths=unconfined`.
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ["a *:* rwm"],
  };
}

function shared(inputs: ContainerInputs): MountSettings[] {
  const { [LABELS.stack]: stack = "" } = inputs.labels;
  // They belong to the stack and to no container, so they are deleted with the network, which is deleted last.
  return (inputs.volumes ?? []).map((text) => mounted(text, { [LABELS.stack]: stack }));
}

function mounted(text: string, labels: Readonly<Record<string, string>>): MountSettings {
  const [source = "", target = ""] = text.split(":");
  return volume(source, target, { labels });
}

function volume(source: string, target: string, { labels }: Pick<ContainerInputs, "labels">): MountSettings {
  return {
    Type: "volume",
    Source: source,
    Target: target,
    VolumeOptions: { NoCopy: true, Labels: { ...labels }, DriverConfig: { Name: "local", Options: {} } },
  };
}

function containerPort(port: string): string {
  return `${port.split(":")[1] ?? ""}/tcp`;
}
