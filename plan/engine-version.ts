/** Versions of Docker engines. */

/** What followed 20.10: 21 and 22 don't exist. */
const FIRST_MAJOR = 23;

/** `26.1.5+dfsg1` and `5:26.1.5-1~ubuntu` are 26, 1, 5. @returns undefined for a text that is no version */
function numbersOf(version: string): readonly [number, number, number] | undefined {
  const [, major, minor, patch = "0"] = /^(?:\d+:)?(\d+)\.(\d+)(?:\.(\d+))?(?!\d)/.exec(version) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Whether a Docker engine that reports `found` has the version `wanted`. Distributions add to the number: `26.1.5+dfsg1`. */
export function isVersion(found: string, wanted: string): boolean {
  const numbers = numbersOf(found);
  return numbers !== undefined && String(numbers) === String(numbersOf(wanted));
}

/** Whether `found` is newer than `wanted`; false where one of them is no version. */
export function isNewer(found: string, wanted: string): boolean {
  const [a, b] = [numbersOf(found), numbersOf(wanted)];
  if (a === undefined || b === undefined) return false;
  const at = a.findIndex((number, i) => number !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

/**
 * How many major versions an upgrade goes ahead: from 26.1 to 28.5 two, from 20.10 to 23.0 one, within 28 none.
 *
 * Docker keeps a deprecated feature for at least one stable release (docs.docker.com/engine/deprecated). So whoever takes each
 * major version sees the warning before the removal.
 *
 * @returns undefined where one of them is no version
 */
export function majorsAhead(found: string, wanted: string): number | undefined {
  const majorOf = (version: string): number | undefined => {
    const [major] = numbersOf(version) ?? [];
    return major === undefined ? undefined : Math.max(major, FIRST_MAJOR - 1);
  };
  const [from, to] = [majorOf(found), majorOf(wanted)];
  return from === undefined || to === undefined ? undefined : to - from;
}
