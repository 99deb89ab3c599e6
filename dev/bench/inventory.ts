/** What the other contenders need to know of the hosts, as files: for OpenSSH, for the shell and for Ansible. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addressPlan, engineNetwork, freeAddress, overlayNetwork } from "../../plan/addressing";
import { hostImage } from "../../components/platform/local/image";
import { registryAt } from "../../components/platform/local/registry-name";
import { planHosts, type HostSpec } from "../../plan/placement";
import { daemonSettings } from "../../components/swarm/engine";
import { MANAGER_TLS } from "../../components/swarm/manager-api";
import { managerHealthSettings } from "../../components/swarm/manager-health";
import { workerProxySettings } from "../../components/swarm/worker-proxy";
import type { LocalStackConfig } from "../../config/platforms/local";
import type { StackConfig } from "../../config";
import { STACK, STACK_LABEL } from "./stack";

/** A resource of an exported state, as far as it matters here. */
interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Reads outputs out of a state that was exported with its secrets shown. */
function reader(state: unknown): (type: string, name: string, key: string) => string {
  const { resources } = (state as { deployment: { resources: readonly Resource[] } }).deployment;
  return (type, name, key) => {
    const found = resources.find((one) => one.type.endsWith(type) && one.urn.endsWith(`::${name}`))?.outputs?.[key];
    const secret = (found as { plaintext?: string } | null | undefined)?.plaintext;
    const value: unknown = secret === undefined ? found : JSON.parse(secret);
    if (typeof value !== "string") throw new Error(`the state has no ${key} of ${type} ${name}`);
    return value;
  };
}

/**
 * Writes the files.
 *
 * @param grown the size that the bare script is asked to grow to; its hosts are not there yet
 */
export function writeInventory(directory: string, state: unknown, config: StackConfig, grown: StackConfig): void {
  if (config.platform !== "local") throw new Error("the benchmark runs on the local platform");
  const read = reader(state);
  const write = (path: string, content: string, mode = 0o600): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
    chmodSync(join(directory, path), mode);
  };
  const hosts = planHosts(config).map((host) => ({
    ...host,
    address: read("swarm-ha:Container", host.name, "address"),
    identity: read("swarm-ha:Container", host.name, "identity"),
  }));
  const further = furtherHosts(grown, hosts);

  write("key", read(":PrivateKey", "ssh-client", "privateKeyOpenssh"));
  write("key.pub", read(":PrivateKey", "ssh-client", "publicKeyOpenssh"));
  const hostKey = (name: string): string => read(":PrivateKey", `ssh-host-${name}`, "publicKeyOpenssh").trim();
  const known = ["bastion", ...hosts.map(({ name }) => name)].map((name) => `${name} ${hostKey(name)}\n`);
  write("known_hosts", known.join(""));
  write("ssh_config", sshConfig(directory, config, [...hosts, ...further]));
  const line = (host: HostSpec & { identity?: string }): string =>
    `${[host.name, host.role, host.zone, host.pool, host.address, host.identity ?? "new"].join(" ")}\n`;
  write("hosts", hosts.map(line).join(""));
  write("further", further.map(line).join(""));
  const shared = settings(config);
  write("settings.sh", shared.map(([key, value]) => `${key}='${value}'\n`).join(""));
  write("inventory.ini", inventory(hosts, [...shared, ["directory", directory]]));

  const labels = { "com.example.storage": "ssd" };
  const daemon = (host: HostSpec): string =>
    JSON.stringify(
      daemonSettings({
        labels: host.role === "worker" ? labels : {},
        network: engineNetwork(config),
      }),
    );
  const ca = read(":LocallySignedCert", "server-manager-1-certificate", "caCertPem");
  for (const host of [...hosts, ...further]) {
    write(`files/${host.name}/etc/docker/daemon.json`, daemon(host));
    write(`files/${host.name}/etc/docker/certs.d/${registryAt(config)}/ca.crt`, ca);
    write(`files/${host.name}/etc/swarm-ha/prepared`, host.name);
    if (host.role === "worker") write(`files/${host.name}/etc/haproxy/haproxy.cfg`, workerProxySettings(config));
    if (host.role !== "manager") continue;
    const server = `server-${host.name}`;
    const file = (path: string): string => `files/${host.name}${path}`;
    write(file(MANAGER_TLS.ca), ca);
    const certificate = read(":LocallySignedCert", `${server}-certificate`, "certPem");
    write(file(MANAGER_TLS.server), certificate + read(":PrivateKey", `${server}-key`, "privateKeyPem"));
    write(file(MANAGER_TLS.readOnlyApiClients), read(":LocallySignedCert", "client-ingress-certificate", "caCertPem"));
    write(`files/${host.name}/etc/haproxy/haproxy.cfg`, managerHealthSettings());
  }
}

/** The hosts that a larger configuration has more, with the addresses that they would get. */
function furtherHosts(grown: StackConfig, hosts: readonly HostSpec[]): HostSpec[] {
  const { zones } = addressPlan(grown);
  const taken = hosts.flatMap(({ address }) => address ?? []);
  return planHosts(grown)
    .filter(({ name }) => !hosts.some((host) => host.name === name))
    .map((host) => {
      const span = zones[host.zone]?.workers;
      if (span === undefined) throw new Error(`the address plan has no zone '${host.zone}'`);
      const address = freeAddress(span, taken);
      taken.push(address);
      return { ...host, address };
    });
}

function sshConfig(directory: string, config: LocalStackConfig, hosts: readonly HostSpec[]): string {
  const names = hosts.map(
    ({ name, address }) => `Host ${name}\n  HostName ${address ?? ""}\n  HostKeyAlias ${name}\n  ProxyJump bastion\n`,
  );
  return `Host bastion
  HostName 127.0.0.1
  Port ${String(config.local.ports.ssh)}
  HostKeyAlias bastion
${names.join("")}Host *
  User root
  IdentityFile ${directory}/key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${directory}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout 10
  ConnectionAttempts 5
  ControlMaster auto
  ControlPath ${directory}/ssh-%C
  ControlPersist 60
`;
}

type Settings = readonly (readonly [string, string])[];

function settings(config: StackConfig): Settings {
  const overlay = overlayNetwork(config);
  return Object.entries({
    stack: STACK,
    label: STACK_LABEL,
    image: hostImage(),
    overlay_pool: overlay.pool,
    overlay_size: String(overlay.size),
    certificate_expiry: `${String(config.certificateExpiry)}h`,
  });
}

/** Ansible's inventory, in the order of the plan. */
function inventory(hosts: readonly (HostSpec & { readonly identity: string })[], shared: Settings): string {
  const group = (name: string, manager: boolean): string[] => [
    `[${name}]`,
    ...hosts
      .filter(({ role }) => (role === "manager") === manager)
      .map(
        (host) =>
          `${host.name} address=${host.address ?? ""} role=${host.role} zone=${host.zone} pool=${host.pool} identity=${host.identity}`,
      ),
  ];
  const lines = [
    ...group("managers", true),
    ...group("workers", false),
    "[all:vars]",
    ...shared.map(([key, value]) => `${key}=${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
