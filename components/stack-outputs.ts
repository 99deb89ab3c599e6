import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config";
import type { BackupStore, ProgramOutputs } from "./outputs";
import type { Pki } from "./pki";
import type { Platform } from "./platform/types";
import type { Registry } from "./registry";
import type { SshConnection } from "./ssh/connection";
import type { SshKeys } from "./ssh/keys";
import type { Swarm } from "./swarm";

/** Parts of the program that the outputs describe. */
export interface StackParts {
  readonly config: StackConfig;
  readonly platform: Platform;
  /** @default hosts that exist already have keys of their own */
  readonly keys?: SshKeys | undefined;
  readonly pki: Pki;
  readonly swarm: Swarm;
  readonly registry: Registry;
  /** See {@link ProgramOutputs.backup}. */
  readonly backup?: pulumi.Output<BackupStore> | undefined;
}

/** The stack's outputs: those of docs/architecture.md, "What others rely on", and `access`, with which our commands connect. */
export function stackOutputs({ config, platform, keys, pki, swarm, registry, backup }: StackParts): ProgramOutputs {
  const { bastion, hosts, loadBalancers } = platform;
  const endpoints = {
    manager: pulumi.interpolate`tcp://${loadBalancers.manager.endpoint}`,
    registry: pulumi.interpolate`https://${loadBalancers.registry.endpoint}`,
    app: pulumi.interpolate`https://${loadBalancers.app.endpoint}`,
  };
  const loadBalancer = (
    name: keyof typeof endpoints,
  ): { url: pulumi.Output<string>; stats?: pulumi.Output<string> } => ({
    url: endpoints[name],
    ...(loadBalancers[name].stats === undefined ? {} : { stats: loadBalancers[name].stats }),
  });
  return {
    swarmId: swarm.swarmId,
    hosts: Object.fromEntries(hosts.map(({ name, role, zone, address }) => [name, { role, zone, address }])),
    endpoints,
    ...(platform.records === undefined ? {} : { records: platform.records }),
    ...(platform.forwards === undefined ? {} : { forwards: platform.forwards }),
    caCertificate: pki.ca,
    registryCredentials: registry.credentials,
    ...(swarm.unlockKey === undefined ? {} : { unlockKey: swarm.unlockKey }),
    ...(backup === undefined ? {} : { backup }),
    access: pulumi.secret({
      bastion: {
        host: bastion.connection.host,
        port: pulumi.output(bastion.connection.port).apply((port) => port ?? 22),
        user: pulumi.output(bastion.connection.user).apply((user) => user ?? "root"),
        ...bastionKeys(bastion.connection, keys),
      },
      client: { cert: pki.bastion.certificate, key: pki.bastion.key },
      registryNext: registry.next,
      renewalDays: config.certificates.renewalDays,
      certificates: [
        { owner: "ingress", use: "client", certificate: pki.readOnlyApi.client.certificate },
        { owner: "ingress-authority", use: "authority", certificate: pki.readOnlyApi.clientAuthority },
      ],
      appCertificate: appCertificate(config),
      person: { cert: pki.person.certificate, key: pki.person.key },
      nodes: hosts.map(({ name, role, zone, pool, labels }) => ({ name, role, zone, pool, labels })),
      loadBalancers: { manager: loadBalancer("manager"), registry: loadBalancer("registry"), app: loadBalancer("app") },
    }),
  };
}

function appCertificate({ ingress: { acme, certificate } }: StackConfig): "stack" | "acme" | "user" {
  if (acme !== undefined) return "acme";
  return certificate === undefined ? "stack" : "user";
}

/** The keys of both sides of a login to the bastion, and the password that makes root of its user. */
function bastionKeys(
  { privateKey = "", hostKey = "", sudoPassword }: SshConnection,
  keys: SshKeys | undefined,
): Readonly<Record<"privateKey" | "hostKey", pulumi.Input<string>>> & { readonly sudoPassword?: pulumi.Input<string> } {
  // (As text, the stack's own host key ends with a newline, which the connection hasn't.)
  if (keys !== undefined)
    return { privateKey: keys.client.privateKeyOpenssh, hostKey: keys.hostKey("bastion").publicKeyOpenssh };
  return {
    privateKey: defined(privateKey),
    hostKey: defined(hostKey),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
}

function defined(text: pulumi.Input<string | undefined>): pulumi.Output<string> {
  return pulumi.output(text).apply((value) => value ?? "");
}
