/** Ids and ARNs as AWS forms them. */
import { randomBytes } from "node:crypto";

/** An id such as `i-0a1b2c3d4e5f60718`. */
export function newId(kind: string): string {
  return `${kind}-0${randomBytes(8).toString("hex")}`;
}

/** Characters of access keys, hosted zones and unique ids of IAM. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Capital letters and digits, such as `AROAQ3EGK7…`. */
export function newCode(prefix: string, length: number): string {
  return prefix + [...randomBytes(length)].map((byte) => LETTERS.charAt(byte % 32)).join("");
}

/** Hexadecimal digits. */
export function newHex(digits: number): string {
  return randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits);
}

/** What is in an ARN besides its resource. */
export interface Place {
  readonly region: string;
  readonly account: string;
}

/** An ARN with region and account. */
export function regionalArn({ region, account }: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}
