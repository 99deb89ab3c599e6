/** What Pulumi appends to a logical name: a hyphen and 7 random characters. */
const SUFFIX = 8;

/** Longest names of load balancers and target groups. Source: docs.aws.amazon.com, ELB API, CreateTargetGroup. */
export const ELB_NAME = 32;

/** Abbreviations for names that would be too long. */
const SHORT: Readonly<Record<string, string>> = { internal: "int", registry: "reg" };

/**
 * A logical name whose physical name has at most `limit` characters. Only as many words are abbreviated as necessary.
 *
 * @throws Error when the name is too long even so
 */
export function autoNamed(name: string, limit: number): string {
  const fits = (one: string): boolean => one.length + SUFFIX <= limit;
  const found = Object.entries(SHORT).reduce((at, [word, short]) => (fits(at) ? at : at.replaceAll(word, short)), name);
  if (!fits(found)) throw new Error(`the name ${found}-<7 characters> is longer than ${String(limit)} characters`);
  return found;
}
