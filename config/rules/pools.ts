import type { Known } from "../known";
import { keyText, valueText, type Problem } from "../problem";
import { labelProblems } from "./labels";

/** Names with another meaning in host names, labels and commands. */
const RESERVED = ["manager", "registry", "bastion", "lb"];

/** Names of the bastion and the load balancers. A pool can't have one of these names. */
const NO_HOSTS = ["bastion", "lb-manager", "lb-registry", "lb-app"];

const MAX_LENGTH = 40;

const ALLOWED = `a DNS label of at most ${MAX_LENGTH} characters that begins with a letter, none of ${RESERVED.join(", ")}`;

/** Pool names must give every host a unique name; labels must be valid for the Docker engine. */
export function poolProblems(known: Known): Problem[] {
  const names = known.poolNames;
  return names.flatMap((name) => [
    ...nameProblems(name, names),
    ...labelProblems(name, known.workers?.[name]?.labels ?? {}),
  ]);
}

function nameProblems(name: string, names: readonly string[]): Problem[] {
  const fix = nameFix(name, names);
  if (fix === undefined) return [];
  return [{ key: keyText(["workers", name]), got: `the pool name ${valueText(name)}`, allowed: ALLOWED, fix }];
}

function nameFix(name: string, names: readonly string[]): string | undefined {
  const twin = names.slice(0, names.indexOf(name)).find((other) => other.toLowerCase() === name.toLowerCase());
  if (twin !== undefined)
    return `rename it: it differs from the pool '${twin}' in case only, and host names ignore case`;
  if (name.length > MAX_LENGTH) return `shorten it by ${name.length - MAX_LENGTH} characters`;
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    return "use lower-case letters, digits and '-' only, a letter first and no '-' last";
  }
  if (RESERVED.includes(name) || NO_HOSTS.includes(name)) return `choose another name, such as ${name}-pool`;
  const host = /^(.+)-(?:0|[1-9]\d*)$/.exec(name)?.[1];
  if (host === undefined) return undefined;
  if (RESERVED.includes(host) || names.includes(host)) {
    return `rename it, to ${name.replace(/-(\d+)$/, "-n$1")} for instance: '${name}' is how a host of '${host}' is called`;
  }
  return undefined;
}
