import { parseRange, toNumber, toText } from "../../../plan/ipv4";

/** The nth address of a range, counted from 0; from -1 downwards it is counted from the last one. */
export function nth(cidr: string, index: number): string {
  const { first, last } = parseRange(cidr);
  return toText(index < 0 ? last + 1 + index : first + index);
}

/** Whether an address is in a range. */
export function contains(cidr: string, address: string): boolean {
  const { first, last } = parseRange(cidr);
  const number = toNumber(address);
  return number >= first && number <= last;
}
