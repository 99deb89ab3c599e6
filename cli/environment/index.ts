/**
 * The environment of the programs that we start: a list of what goes in (variables.json), so that nothing which a user has
 * set for something else leaks in. The lint rules let no other file hand on `process.env`.
 */
import table from "./variables.json";

/**
 * Kinds of programs that we start: the Pulumi engine for local stacks and for others, the `docker` client, a Docker engine
 * that `npm start` starts, the `aws` program, npm, and all that set-up runs (apt-get, mmdebstrap, go, tar, systemctl).
 */
export const RECIPIENTS = ["local", "cloud", "docker", "dockerd", "aws", "npm", "program"] as const;
export type Recipient = (typeof RECIPIENTS)[number];

/** What is decided for some variables. */
export interface Rule {
  /** Whose variables they are. */
  readonly of: string;
  /** Names, in any case; one that ends in `*` stands for all that begin like it. An exact name counts before these. */
  readonly names: readonly string[];
  /** Who gets them. Nobody: ignored. */
  readonly to: "all" | readonly Recipient[];
  /** Values, as a regular expression, with which nothing is run. @default none */
  readonly refused?: string;
  /** Why: shown to users. */
  readonly why: string;
}

/** The whole list. */
export const RULES = table as readonly Rule[];

/** Names that mean this workstation, for NO_PROXY. */
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"];
/** Their programs include grpc-js, which takes loopback to a proxy that is named in lower case. */
const UPPER_CASE_ONLY: readonly Recipient[] = ["local", "cloud"];

/** The rule of a variable: the one with its exact name, else the one with the longest prefix of it. */
export function ruleOf(name: string, rules: readonly Rule[] = RULES): Rule | undefined {
  const wanted = name.toUpperCase();
  let best: { readonly rule: Rule; readonly length: number } | undefined;
  for (const rule of rules) {
    for (const listed of rule.names.map((one) => one.toUpperCase())) {
      if (listed === wanted) return rule;
      const start = listed.endsWith("*") ? listed.slice(0, -1) : undefined;
      if (start !== undefined && wanted.startsWith(start) && start.length > (best?.length ?? -1))
        best = { rule, length: start.length };
    }
  }
  return best?.rule;
}

/** Whether a variable reaches such a program. One that isn't listed reaches no program. */
export function reaches(name: string, recipient: Recipient): boolean {
  const to = ruleOf(name)?.to ?? [];
  return to === "all" || to.includes(recipient);
}

/**
 * The environment of a program.
 *
 * @param base what the user has set. @default this process's own
 */
export function environmentFor(recipient: Recipient, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name]) => !isProxy(name) && reaches(name, recipient));
  return { ...Object.fromEntries(kept), ...proxies(recipient, base) };
}

/** The whole environment of the user: for our own tools, and for shell commands that are the user's own. */
export function wholeEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...more };
}

function isProxy(name: string): boolean {
  return [...PROXIES, "NO_PROXY"].includes(name.toUpperCase());
}

/** The proxies, if there are any; never for loopback. */
function proxies(recipient: Recipient, base: NodeJS.ProcessEnv): Record<string, string> {
  const value = (name: string): string => base[name] ?? base[name.toLowerCase()] ?? "";
  const set = PROXIES.filter((name) => value(name) !== "").map((name) => [name, value(name)] as const);
  if (set.length === 0) return {};
  const except = value("NO_PROXY")
    .split(/[\s,]+/)
    .filter((host) => host !== "");
  const all = [...set, ["NO_PROXY", [...new Set([...except, ...LOOPBACK])].join(",")] as const];
  const lower = UPPER_CASE_ONLY.includes(recipient)
    ? []
    : all.map(([name, text]) => [name.toLowerCase(), text] as const);
  return Object.fromEntries([...all, ...lower]);
}

/** Why nothing can be run with this environment: a sentence for each variable that is refused. */
export function refusedIn(base: NodeJS.ProcessEnv): string[] {
  return Object.entries(base).flatMap(([name, value = ""]) => {
    const { refused, why = "" } = ruleOf(name) ?? {};
    return refused !== undefined && new RegExp(refused).test(value) ? [`${name}=${value} is refused. ${why}`] : [];
  });
}
