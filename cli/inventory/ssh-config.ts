/** OpenSSH's client configuration. Source: ssh_config(5). Pure. */
import { UserError } from "../terminal/errors";
import type { FoundHost } from "./found";

/** Keywords, and the variables of an Ansible inventory that mean the same. */
const VARIABLES: Readonly<Record<string, string>> = {
  hostname: "ansible_host",
  port: "ansible_port",
  user: "ansible_user",
};

interface Block {
  readonly patterns: readonly string[];
  readonly values: Map<string, string>;
}

/**
 * The hosts that have a name of their own there, and no pattern. As with OpenSSH, the first value of a keyword counts.
 *
 * @param file its name, for messages
 * @throws UserError for `Match` and `Include`, which depend on more than this file
 */
export function readSshConfig(text: string, file: string): FoundHost[] {
  const blocks: Block[] = [{ patterns: ["*"], values: new Map() }];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, keyword = "", rest = ""] = /^(\S+?)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
    const name = keyword.toLowerCase();
    if (name === "match" || name === "include") {
      throw new UserError(
        `${file}, line ${String(index + 1)}: ${keyword} depends on more than this file. ` +
          "Write the hosts into a file without it, and import that one.",
      );
    }
    const words = (rest.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
    if (name === "host") blocks.push({ patterns: words, values: new Map() });
    else {
      const values = blocks.at(-1)?.values;
      if (values?.has(name) === false) values.set(name, words.join(" "));
    }
  }
  const names = new Set(blocks.flatMap(({ patterns }) => patterns.filter((pattern) => !/[*?!]/.test(pattern))));
  return [...names].map((name) => hostOf(name, blocks));
}

function hostOf(name: string, blocks: readonly Block[]): FoundHost {
  const own = blocks.filter(({ patterns }) => matches(name, patterns));
  const first = (keyword: string): string | undefined =>
    own.map(({ values }) => values.get(keyword)).find((value) => value !== undefined);
  const variables = Object.entries(VARIABLES).flatMap(([keyword, variable]) => {
    const value = first(keyword)?.replaceAll("%h", name);
    return value === undefined ? [] : [[variable, value]];
  });
  const through = first("proxyjump");
  return {
    name,
    groups: [],
    variables: Object.fromEntries(variables) as Record<string, string>,
    ...(through === undefined || through === "none" ? {} : { through }),
  };
}

function matches(name: string, patterns: readonly string[]): boolean {
  const fits = (pattern: string): boolean =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    ).test(name);
  if (patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern));
}
