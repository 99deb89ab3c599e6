import ipaddr from "ipaddr.js";

/** A range of IPv4 addresses, as numbers. */
export interface Ipv4Range {
  /** Network address (the first one) as an unsigned 32-bit number. */
  readonly first: number;
  /** Last address of the range as an unsigned 32-bit number. */
  readonly last: number;
  /** Length of the prefix in bits. */
  readonly prefix: number;
}

/** A number that begins with a zero, which some programs read as octal. */
const LEADING_ZERO = /(^|\.)0\d/;

/** RFC 1918: private ranges. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(parseRange);

/**
 * Reads a range in CIDR notation: four decimal numbers, a slash and a prefix length, with no bit set after the prefix.
 *
 * Spellings that only some programs understand (`10.1/16`, octal, hexadecimal) are refused, because Docker, the cloud
 * and this program must read the same range.
 *
 * @throws Error whose message continues the sentence "… is refused: ".
 */
export function parseRange(text: string): Ipv4Range {
  const [address, length, ...rest] = text.split("/");
  if (address === undefined || length === undefined || rest.length > 0) throw new Error("it has no '/<prefix length>'");
  if (address.includes(":")) throw new Error("it is IPv6, and swarm nodes use IPv4 here");
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) || LEADING_ZERO.test(address)) {
    throw new Error("it doesn't begin with an IPv4 address of four decimal numbers");
  }
  if (!/^([0-9]|[12][0-9]|3[0-2])$/.test(length)) throw new Error("its prefix length isn't 0 to 32");
  const prefix = Number(length);
  const base = toNumber(address);
  const first = base - (base % 2 ** (32 - prefix));
  if (first !== base) throw new Error(`it has bits set after the prefix (did you mean ${toText(first)}/${prefix}?)`);
  return { first, last: first + 2 ** (32 - prefix) - 1, prefix };
}

/** Kinds of addresses that no host has. */
const NO_HOST = ["unspecified", "broadcast", "multicast", "loopback", "linkLocal"];

/** Whether a text is the address of one host: four decimal numbers, and no loopback or multicast address. */
export function isHostAddress(text: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) || LEADING_ZERO.test(text)) return false;
  return !NO_HOST.includes(ipaddr.IPv4.parse(text).range());
}

/** Whether a text is a range that {@link parseRange} reads. */
export function isRange(text: string): boolean {
  try {
    parseRange(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether two ranges share an address. */
export function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Whether a range lies completely in one of the private ranges of RFC 1918. */
export function isPrivate(range: Ipv4Range): boolean {
  return PRIVATE.some((whole) => whole.first <= range.first && range.last <= whole.last);
}

/** An address in dotted decimal notation as an unsigned 32-bit number. */
export function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The address of an unsigned 32-bit number in dotted decimal notation. */
export function toText(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}

/** A range in CIDR notation. */
export function rangeText(range: Pick<Ipv4Range, "first" | "prefix">): string {
  return `${toText(range.first)}/${range.prefix}`;
}
