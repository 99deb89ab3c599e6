import type { ContainerCreateOptions, EndpointSettings, MountSettings } from "dockerode";
import type { AddressSpan } from "../../../plan/addressing";
import { LABELS } from "../../../plan/labels";

/** A file that is put into a machine before it starts. */
export interface MachineFile {
  /** Absolute path. */
  readonly path: string;
  /** Permission bits, octal text such as "0600". (A number would come back from the state as a floating one.) */
  readonly mode: string;
  /** Content; may be secret. */
  readonly content: string;
}

/** What a machine is made from: the inputs of the resource, as they stand in the state. */
export interface MachineInputs {
  /** Name of the container. */
  readonly container: string;
  /** Host name, which is the name in the stack and of the node. */
  readonly hostname: string;
  /** Labels of the container; see labels.ts. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image reference. A running machine keeps its own: a new image is rolled out by replacing. */
  readonly image: string;
  /** Name of the network. */
  readonly network: string;
  /** Fixed address. @default the lowest free one of `addresses` */
  readonly address?: string;
  /** Where an address is picked from when none is fixed. */
  readonly addresses?: AddressSpan;
  /** Files put in before it starts. */
  readonly files: readonly MachineFile[];
  /** Services of the machine that read the files again when they have changed. */
  readonly reload: readonly string[];
  /** TCP ports published on 127.0.0.1, as `<of this machine>:<of the container>`. */
  readonly ports: readonly string[];
  /** Names that it resolves besides those of the network, as `<name>:<address>`. @default none */
  readonly names?: readonly string[];
  /** Volumes that outlive it and that others may have, too, as `<volume>:<path>`. @default none */
  readonly volumes?: readonly string[];
  /** Whether an engine is to run in it: then it has a volume for the engine's data, and the capabilities for that. */
  readonly nested: boolean;
}

/** Name of the volume with the engine's data. Born with the machine, and dies with it. */
export function volumeOf(container: string): string {
  return `${container}-engine`;
}

/**
 * What the engine is asked for.
 *
 * No file and no secret is in it: everybody who may ask the engine could read it there.
 *
 * @param identity Of a machine that has lost its container, which this one replaces. @default the container's own id
 */
export function containerOptions(inputs: MachineInputs, address: string, identity?: string): ContainerCreateOptions {
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
      // A machine comes back with its engine; one that somebody stopped stays stopped.
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

/** A machine's place on the stack's network. */
export function endpoint({ hostname }: Pick<MachineInputs, "hostname">, address: string): EndpointSettings {
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

function shared(inputs: MachineInputs): MountSettings[] {
  const { [LABELS.stack]: stack = "" } = inputs.labels;
  return (inputs.volumes ?? []).map((text) => {
    const [source = "", target = ""] = text.split(":");
    // The stack's, and no machine's: it goes with the network, which is the end of everything.
    return volume(source, target, { labels: { [LABELS.stack]: stack } });
  });
}

function volume(source: string, target: string, { labels }: Pick<MachineInputs, "labels">): MountSettings {
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
