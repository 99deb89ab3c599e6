/**
 * `npm run -s import-hosts -- <stack> --from <file> [--group <group>=<role>] [--role <host>=<role>] [--zone <host>=<zone>]
 * [--write]`: makes the inventory of a stack from an Ansible inventory (INI or YAML), or from a file like ~/.ssh/config. It prints
 * the inventory; `--write` puts it into the stack file, where hosts of the same name keep their host keys and labels.
 *
 * A role is `manager`, `registry`, `worker` or `worker:<pool>`; `--group <group>=zone:<zone>` gives the zone.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "yaml";
import { messageOf } from "../../components/message";
import { list } from "../cluster/words";
import { readIni } from "../inventory/ansible-ini";
import { readYaml } from "../inventory/ansible-yaml";
import { assign, merged } from "../inventory/assign";
import type { FoundHost } from "../inventory/found";
import { jumpOf } from "../inventory/jump-host";
import { readSshConfig } from "../inventory/ssh-config";
import { withValues, type Change } from "../inventory/stack-yaml";
import { cliPlatformOf } from "../platform";
import { readStackFile } from "../pulumi/project";
import { stackValues } from "../pulumi/stack-values";
import { readArguments } from "../terminal/arguments";
import { runMain, UserError } from "../terminal/errors";

const USAGE =
  "npm run import-hosts -- <stack> --from <file> [--group <group>=<role>] [--role <host>=<role>] [--zone <host>=<zone>] [--write]";

runMain(() => {
  const options = { flags: ["write"], values: ["from"], several: ["group", "role", "zone"] } as const;
  const { stack, from, write, group, role, zone } = readArguments(USAGE, options);
  if (from === undefined) throw new UserError(`Which file? Usage: ${USAGE}`);
  const file = readStackFile(stack);
  const { listed } = cliPlatformOf(file) ?? {};
  if (listed === undefined) {
    throw new UserError(
      `The stack ${stack} is on the platform ${file.platform ?? "(none is set)"}, which creates its hosts.`,
    );
  }
  const values = stackValues(file);
  const settings = at(at(parse(file.text), ...listed.inventory.slice(0, -1)), "ssh");
  const known = {
    zones: Array.isArray(values["zones"]) ? values["zones"].map(String) : [],
    ssh: settings as { readonly user?: string; readonly port?: number },
  };
  const found = readHosts(from);
  const { entries, left } = assign(found, { groups: group, roles: role, zones: zone }, known);
  const jump = jumpOf(
    found,
    found.flatMap(({ name }) => (left.includes(name) ? [] : name)),
  );
  const there = at(parse(file.text), ...listed.inventory);
  const inventory = merged(Array.isArray(there) ? (there as Record<string, unknown>[]) : [], entries);
  const bastionPath = [...listed.inventory.slice(0, -1), "bastion"];
  const changes: Change[] = [
    { path: listed.inventory, value: inventory },
    ...(jump === undefined
      ? []
      : [{ path: bastionPath, value: { ...(at(parse(file.text), ...bastionPath) as object), ...jump.bastion } }]),
  ];
  const without = left.filter((name) => name !== jump?.name);
  if (without.length > 0) process.stderr.write(`Not imported, because they have no role: ${list(without)}.\n`);
  if (jump !== undefined) {
    process.stderr.write(
      `The bastion is ${jump.name} (ProxyJump). If the hosts know it by another address, add its privateAddress.\n`,
    );
  }
  if (write) {
    writeFileSync(file.path, withValues(file.text, changes));
    process.stdout.write(
      `Written into ${file.path}: ${String(entries.length)} hosts. Next, their host keys: npm run trust-hosts -- ${stack}\n`,
    );
  } else {
    process.stdout.write(withValues("", changes));
  }
  return Promise.resolve(0);
});

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = (found as Record<string, unknown> | null | undefined)?.[key];
  return found ?? {};
}

function readHosts(from: string): FoundHost[] {
  let text: string;
  try {
    text = readFileSync(from, "utf8");
  } catch (error) {
    throw new UserError(`${from} can't be read: ${messageOf(error)}`);
  }
  if (/\.(ya?ml|json)$/i.test(from)) return readYaml(text, from);
  if (/^\s*Host(\s|=)/im.test(text) || basename(from) === "config") return readSshConfig(text, from);
  if (/^\s*(all|ungrouped)\s*:\s*$/m.test(text)) return readYaml(text, from);
  return readIni(text, from);
}
