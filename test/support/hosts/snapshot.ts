/** What is written on a host: to see what a stack has left there. */
import type { TestHosts } from "./test-hosts";

/** A host's files and packages. */
export interface Snapshot {
  /** Path → type, mode, owner and content's digest. */
  readonly files: Readonly<Record<string, string>>;
  /** Installed packages; those that are removed but for their settings, too. */
  readonly packages: readonly string[];
  /** Names of users and groups. */
  readonly accounts: readonly string[];
}

/** Where a stack may write. Logs, apt's lists and systemd's own journals aren't its own. */
const LOOK = `cd /
find etc home opt root srv usr/local var/lib -xdev \\
  \\( -path var/lib/apt -o -path var/lib/dpkg -o -path var/lib/systemd -o -path var/cache -o -path var/lib/docker -o \\
     -path var/lib/containerd -o -path srv/registry \\) -prune -o -printf '%y %m %u:%g /%p\\n' | sort -k4
echo ---
find etc home opt root usr/local -xdev -type f -print0 | sort -z | xargs -0 sha256sum
echo ---
dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n'
echo ---
cut -d: -f1 /etc/passwd /etc/group | sort`;

/** Looks at a host. */
export async function snapshot(hosts: TestHosts, host: string): Promise<Snapshot> {
  const [files = "", sums = "", packages = "", accounts = ""] = (await hosts.bash(host, LOOK, 120)).split("---\n");
  const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
  const found: Record<string, string> = {};
  for (const line of lines(files)) found[line.slice(line.indexOf(" /") + 1)] = line.slice(0, line.indexOf(" /"));
  for (const line of lines(sums)) {
    const path = `/${line.slice(66)}`;
    found[path] = `${found[path] ?? ""} ${line.slice(0, 12)}`;
  }
  return { files: found, packages: lines(packages), accounts: lines(accounts) };
}

/** What differs: `+` is new, `-` is gone, `~` is another. */
export function differences(before: Snapshot, now: Snapshot): string[] {
  const all = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort();
  const lists = (kind: string, a: readonly string[], b: readonly string[]): string[] => [
    ...b.filter((one) => !a.includes(one)).map((one) => `+ ${kind} ${one}`),
    ...a.filter((one) => !b.includes(one)).map((one) => `- ${kind} ${one}`),
  ];
  return [
    ...all.flatMap((path) => {
      const [was, is] = [before.files[path], now.files[path]];
      if (was === is) return [];
      return [was === undefined ? `+ ${path}` : is === undefined ? `- ${path}` : `~ ${path}`];
    }),
    ...lists("package", before.packages, now.packages),
    ...lists("account", before.accounts, now.accounts),
  ];
}
