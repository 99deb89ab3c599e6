import type { ContainerCreateOptions, EndpointSettings, MountSettings } from "dockerode";
import type { AddressSpan } from "../../../plan/addressing";
import { LABELS } from "../../../plan/labels";

/** A file that is put into a container before it starts. */
export interface ContainerFile {
  /** Absolute path. */
  readonly path: string;
  /** Permission bits, octal text such as "0600". (A number would come back from the state as a floating one.) */
  readonly mode: string;
  /** Content; may be secret. */
  readonly content: string;
}

/** What a container is made from: the inputs of the resource, as they stand in the state. */
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
  /** Where an address is picked from when none is fixed. */
  readonly addresses?: AddressSpan;
  /** Files put in before it starts. */
  readonly files: readonly ContainerFile[];
  /** Services of the container that read the files again when they have changed. */
  readonly reload: readonly string[];
  /** TCP ports published on 127.0.0.1, as `<of this workstation>:<of the container>`. */
  readonly ports: readonly string[];
  /** Names that it resolves besides those of the network, as `<name>:<address>`. @default none */
  readonly names?: readonly string[];
  /** Volumes that outlive it and that others may have, too, as `<volume>:<path>`. @default none */
  readonly volumes?: readonly string[];
  /** Whether an engine is to run in it: then it has a volume for the engine's data, and the capabilities for that. */
  readonly nested: boolean;
}

/** Name of the volume with the Docker engine's data. It is created and deleted with the container. */
export function volumeOf(container: string): string {
  return `${container}-engine`;
}

/**
 * What the engine is asked for.
 *
 * No file and no secret is in it: everybody who may ask the engine could read it there.
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
 * What an engine inside a container needs, short of `--privileged`, which fails where root itself lacks a capability
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
  return (inputs.volumes ?? []).map((text) => {
    const [source = "", target = ""] = text.split(":");
    // It belongs to the stack and to no container, so it is deleted with the network, which is deleted last.
    return volume(source, target, { labels: { [LABELS.stack]: stack } });
  });
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
