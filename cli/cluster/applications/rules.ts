/** Which hosts a router's rule takes. Pure. */

/** As far as it can be told without Traefik's parser. */
interface RuleHosts {
  /** Of `Host(…)`. */
  readonly literals: readonly string[];
  /** Of `HostRegexp(…)`; one that isn't valid here is left out. */
  readonly patterns: readonly RegExp[];
}

const MATCHER = /\b(Host|HostRegexp|HostSNI|HostSNIRegexp)\(([^)]*(?:\([^)]*\)[^)]*)*)\)/g;
const WORDS = /`([^`]*)`|"([^"]*)"/g;

/** The hosts of a rule. */
export function hostsOf(rule: string): RuleHosts {
  const literals: string[] = [];
  const patterns: RegExp[] = [];
  for (const [, matcher = "", words = ""] of rule.matchAll(MATCHER)) {
    for (const [, quoted, double] of words.matchAll(WORDS)) {
      const word = quoted ?? double ?? "";
      if (!matcher.endsWith("Regexp")) literals.push(word.toLowerCase());
      else patterns.push(...compiled(word));
    }
  }
  return { literals, patterns };
}

/** Whether a rule takes requests for a host, whatever their path: by a pattern, or because it asks for no host at all. */
export function takesAll(rule: string, host: string): boolean {
  const { literals, patterns } = hostsOf(rule);
  // What it asks for besides keeps it from taking all.
  if (/\b(Path|PathPrefix|PathRegexp|Header|HeaderRegexp|Query|QueryRegexp|Method|ClientIP)\((?!`\/`\))/.test(rule)) {
    return false;
  }
  if (literals.length === 0 && patterns.length === 0) return true;
  return patterns.some((pattern) => pattern.test(host)) || literals.includes("*");
}

/**
 * A router's priority: the given one, or its rule's length.
 * Source: doc.traefik.io, v3.6, "Routing & priority"; pkg/muxer/http/mux.go (`GetRulePriority`).
 */
export function priorityOf(rule: string, given: string | undefined): bigint {
  const number = /^\s*(-?\d+)\s*$/.exec(given ?? "")?.[1];
  return number === undefined || BigInt(number) === 0n ? BigInt(Buffer.byteLength(rule)) : BigInt(number);
}

function compiled(pattern: string): RegExp[] {
  try {
    return [new RegExp(pattern, "i")];
  } catch {
    return [];
  }
}
