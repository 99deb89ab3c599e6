import { keyText, valueText, type PathPart, type Problem } from "../problem";

/** Names with another meaning in host names, labels and commands. */
const RESERVED = ["manager", "registry", "bastion", "lb"];

/** Names of the bastion and the load balancers. No pool and no node has one of these names. */
export const NO_HOSTS: readonly string[] = ["bastion", "lb-manager", "lb-registry", "lb-app"];

const MAX_LENGTH = 40;

const ALLOWED = `a DNS label of at most ${MAX_LENGTH} characters that begins with a letter, none of ${RESERVED.join(", ")}`;

/** The problem of a pool's name that needs a fix. */
export function poolNameProblem(path: readonly PathPart[], name: string, fix: string | undefined): Problem[] {
  return fix === undefined
    ? []
    : [{ key: keyText(path), got: `the pool name ${valueText(name)}`, allowed: ALLOWED, fix }];
}

/** What to do about a pool's name. @returns nothing for a valid one */
export function fixOfPoolName(name: string, names: readonly string[]): string | undefined {
  const twin = names.slice(0, names.indexOf(name)).find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined)
    return `rename it: it differs from the pool '${twin}' in case only, and host names ignore case`;
  if (name.length > MAX_LENGTH) return `shorten it by ${name.length - MAX_LENGTH} characters`;
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    return "use lower-case letters, digits and '-' only, a letter first and no '-' last";
  }
  return RESERVED.includes(name) || NO_HOSTS.includes(name) ? `choose another name, such as ${name}-pool` : undefined;
}

/** The same where hosts are called `<pool>-<n>`: no pool has the name of another one's host. */
export function fixOfCountedName(name: string, names: readonly string[]): string | undefined {
  const host = /^(.+)-(?:0|[1-9]\d*)$/.exec(name)?.[1];
  if (host === undefined || !(RESERVED.includes(host) || names.includes(host))) return undefined;
  return `rename it, to ${name.replace(/-(\d+)$/, "-n$1")} for instance: '${name}' is how a host of '${host}' is called`;
}
