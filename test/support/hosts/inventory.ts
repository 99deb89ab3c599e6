/** Changes of a stack's inventory, as a person makes them. */
import assert from "node:assert/strict";
import type { HostsStack } from "./hosts-stack";
import type { TestHosts } from "./test-hosts";

/** Takes hosts out of the inventory. */
export function dropHosts(stack: HostsStack, ...names: readonly string[]): void {
  stack.edit((section) => {
    section.inventory = section.inventory.filter(({ name }) => !names.includes(String(name)));
  });
}

/** A host is in no swarm, and nothing of the stack is left on it. */
export async function assertReleased(hosts: TestHosts, host: string): Promise<void> {
  const look = `docker info --format '{{.Swarm.LocalNodeState}}'; apt-mark showhold
    ls -d /etc/swarm-ha /etc/docker/daemon.json /etc/docker/certs.d/registry.* 2>/dev/null || true`;
  assert.equal((await hosts.bash(host, look)).trim(), "inactive", host);
}

/**
 * Adds a Debian release to a host's package sources. Its packages are taken only where they are asked for by version. The Release
 * file of Debian testing may be past its date.
 */
export async function addRelease(hosts: TestHosts, host: string, release: string): Promise<void> {
  const mirror = `$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1)`;
  await hosts.bash(
    host,
    `mirror=${mirror}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \${mirror:?} ${release} main" >/etc/apt/sources.list.d/${release}.list
    printf 'Package: *\\nPin: release n=${release}\\nPin-Priority: 100\\n' >/etc/apt/preferences.d/${release}
    echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/${release}`,
  );
}
