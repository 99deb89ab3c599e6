/** Ansible's inventory as YAML. Source: Ansible's documentation, "How to build your inventory". Pure. */
import { parse } from "yaml";
import { messageOf } from "../../components/message";
import { UserError } from "../terminal/errors";
import { namesIn } from "./ansible-ini";
import { hostsOf, noGroups, type FoundHost, type Groups } from "./found";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Reads an inventory.
 *
 * @param file its name, for messages
 * @throws UserError that names the group which can't be read
 */
export function readYaml(text: string, file: string): FoundHost[] {
  let top: unknown;
  try {
    // Ansible's own tags, such as !vault, hide values that aren't needed here.
    top = parse(text, { logLevel: "error" });
  } catch (error) {
    throw new UserError(`${file} is not valid YAML: ${messageOf(error)}`);
  }
  const groups = noGroups();
  for (const [name, group] of Object.entries(mapping(top, `${file}: the inventory`))) read(groups, file, name, group);
  return hostsOf(groups);
}

function read(groups: Groups, file: string, name: string, value: unknown): void {
  const what = `${file}: the group ${name}`;
  const group = mapping(value, what);
  const hosts = groups.hosts.get(name) ?? new Map<string, Record<string, string>>();
  groups.hosts.set(name, hosts);
  for (const [pattern, own] of Object.entries(mapping(group["hosts"], `${what}, hosts`))) {
    const variables = texts(mapping(own, `${what}, the host ${pattern}`));
    for (const host of namesIn(pattern)) hosts.set(host, { ...hosts.get(host), ...variables });
  }
  const variables = texts(mapping(group["vars"], `${what}, vars`));
  groups.variables.set(name, { ...groups.variables.get(name), ...variables });
  for (const [child, inner] of Object.entries(mapping(group["children"], `${what}, children`))) {
    groups.children.set(name, [...(groups.children.get(name) ?? []), child]);
    read(groups, file, child, inner);
  }
}

function mapping(value: unknown, what: string): Mapping {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Mapping;
  throw new UserError(`${what} is no mapping.`);
}

/** Values that aren't simple play no part here. */
function texts(values: Mapping): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? [[name, String(value)]]
        : [],
    ),
  );
}
