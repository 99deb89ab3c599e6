import { readFileSync } from "node:fs";
import * as path from "node:path";
import { readScript } from "../../ssh/script";
import { shellQuote } from "../../shell-quote";
import { hostKeyPath } from "./policies";

/** sshd's settings are those of the local platform's hosts: the steps need the same of both. */
const SSHD_SETTINGS = path.join(__dirname, "..", "..", "..", "image", "sshd_config");

/** Where a host keeps the script of its first boot, so that it can be resumed (scripts/lib/booted.sh). */
const BOOT = "/var/lib/swarm-ha/boot.sh";
const LOG = "/var/log/swarm-ha-boot.log";

/** Runs the first boot again after a reboot, as long as it isn't done: cloud-init runs user data only once. */
const UNIT = `[Unit]
Description=First boot of a swarm-ha host, resumed
ConditionPathExists=!/var/lib/swarm-ha/booted
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=${BOOT}
StandardOutput=append:${LOG}
StandardError=inherit
[Install]
WantedBy=multi-user.target`;

/** User data: what an instance runs at its first boot. */
export interface UserData {
  readonly stack: string;
  readonly region: string;
  /** Host name. */
  readonly name: string;
  /** Version of Docker's packages. */
  readonly engine: string;
  /** Whether it gets a Docker engine, as nodes do. The bastion gets only the Docker CLI. */
  readonly node: boolean;
  /** Whether it may forward SSH connections: only the bastion. */
  readonly forwards: boolean;
  /** Public key that may log in. */
  readonly client: string;
}

/**
 * The text that cloud-init runs once: it stores the script of the first boot and runs it. It has no secret:
 * everybody who may describe an instance can read it. The instance fetches its host key itself.
 */
export function userData({ stack, region, name, engine, node, forwards, client }: UserData): string {
  const data = {
    region,
    host_name: name,
    host_key: `${hostKeyPath(stack)}/${name}`,
    engine,
    node: node ? "yes" : "",
    client: client.trim(),
    sshd_settings: sshdSettings(forwards),
  };
  const lines = Object.entries(data).map(([key, value]) => `${key}=${shellQuote(value)}`);
  const boot = `#!/bin/bash\n${lines.join("\n")}\n${readScript("boot").text}`;
  return [
    "#!/bin/bash",
    "set -eo pipefail",
    "umask 077",
    "mkdir -p /var/lib/swarm-ha",
    // The image may have been created from a host that had booted.
    "rm -f /var/lib/swarm-ha/booted /var/lib/swarm-ha/serving",
    stored(BOOT, boot),
    `chmod 0700 ${BOOT}`,
    stored("/etc/systemd/system/swarm-ha-boot.service", UNIT),
    "systemctl enable swarm-ha-boot.service",
    // The console shows it, too.
    `${BOOT} 2>&1 | tee -a ${LOG}`,
    "",
  ].join("\n");
}

/** Shell that writes a text into a file. */
function stored(file: string, text: string): string {
  return `cat >${file} <<'swarm-ha: end of file'\n${text.trimEnd()}\nswarm-ha: end of file`;
}

/** sshd's settings without comments. sshd takes the first value of a keyword, so AllowTcpForwarding comes first. */
function sshdSettings(forwards: boolean): string {
  const lines = readFileSync(SSHD_SETTINGS, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(#|$|Include\b)/.test(line));
  return [...(forwards ? ["AllowTcpForwarding yes"] : []), ...lines].join("\n");
}
