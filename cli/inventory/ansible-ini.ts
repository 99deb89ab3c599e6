/** Ansible's inventory as INI. Source: Ansible's documentation, "How to build your inventory". Pure. */
import { UserError } from "../terminal/errors";
import { hostsOf, noGroups, type FoundHost } from "./found";

const WORD = /(?:[^\s"'#]|"[^"]*"|'[^']*')+|#.*/g;

/**
 * Reads an inventory.
 *
 * @param file its name, for messages
 * @throws UserError that names the line which can't be read
 */
export function readIni(text: string, file: string): FoundHost[] {
  const groups = noGroups();
  let [group, kind] = ["ungrouped", "hosts"];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const section = /^\[([^\]:]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
    const wrong = (what: string): UserError => new UserError(`${file}, line ${String(index + 1)}: ${what}: ${line}`);
    if (section !== null) {
      [group, kind] = [section[1]?.trim() ?? "", section[2] ?? "hosts"];
      if (!["hosts", "children", "vars"].includes(kind)) throw wrong("only hosts, children and vars are known");
      if (section[2] === undefined && !groups.hosts.has(group)) groups.hosts.set(group, new Map());
      continue;
    }
    if (line.startsWith("[")) throw wrong("this is no section");
    const words = (line.match(WORD) ?? []).filter((word) => !word.startsWith("#"));
    const [first = "", ...rest] = words;
    if (kind === "children") groups.children.set(group, [...(groups.children.get(group) ?? []), first]);
    else if (kind === "vars") {
      const [, name, value] = /^([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw wrong("this is no variable");
      groups.variables.set(group, { ...groups.variables.get(group), [name]: plain(value.trim()) });
    } else {
      const pairs = rest.map((word) => /^([\w.-]+)=(.*)$/.exec(word) ?? undefined);
      if (pairs.includes(undefined)) throw wrong("behind a host, only variables (name=value) can be read");
      const variables = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", plain(pair?.[2] ?? "")]));
      const members = groups.hosts.get(group) ?? new Map<string, Record<string, string>>();
      for (const name of namesIn(first)) members.set(name, { ...members.get(name), ...variables });
      groups.hosts.set(group, members);
    }
  }
  return hostsOf(groups);
}

/** `web[01:03]` and `db-[a:c]` as single names. */
export function namesIn(pattern: string): string[] {
  const [, before, from, to, step = "1", after] = /^(.*?)\[(\w+):(\w+)(?::(\d+))?\](.*)$/.exec(pattern) ?? [];
  if (before === undefined || from === undefined || to === undefined || after === undefined) return [pattern];
  const letters = /^[a-z]$/i.test(from) && /^[a-z]$/i.test(to);
  const number = (text: string): number => (letters ? text.charCodeAt(0) : Number(text));
  const names: string[] = [];
  for (let n = number(from); n <= number(to); n += Math.max(1, Number(step))) {
    const middle = letters ? String.fromCharCode(n) : String(n).padStart(from.length, "0");
    names.push(...namesIn(`${before}${middle}${after}`));
  }
  return names;
}

function plain(value: string): string {
  return value.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? "");
}
