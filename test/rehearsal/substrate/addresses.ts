import { parseRange, toNumber, toText } from "../../../config/ipv4";

/** The nth address of a range. */
export function nth(cidr: string, index: number): string {
  return toText(parseRange(cidr).first + index);
}

/** Whether an address is in a range. */
export function contains(cidr: string, address: string): boolean {
  const { first, last } = parseRange(cidr);
  const number = toNumber(address);
  return number >= first && number <= last;
}
