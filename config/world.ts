import ipaddr from "ipaddr.js";

/**
 * As many addresses as two /8 have, or two /16 of IPv6. No organization has so many, so they count as the world. A
 * /8 and the private ranges together are less.
 */
const WORLD = { ipv4: 2n ** 25n, ipv6: 2n ** 113n } as const;

interface Span {
  readonly family: "ipv4" | "ipv6";
  readonly first: bigint;
  /** The address behind its last one. */
  readonly end: bigint;
}

/** Whether a text is a range of addresses in CIDR notation. */
export function isRange(text: string): boolean {
  return spanOf(text) !== undefined;
}

/** Whether ranges are the world, alone or together: 0.0.0.0/0 in pieces is the world, too. */
export function isWorld(ranges: readonly string[]): boolean {
  const spans = ranges.map(spanOf).filter((span) => span !== undefined);
  return (["ipv4", "ipv6"] as const).some((family) => {
    const own = spans.filter((span) => span.family === family);
    own.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    let count = 0n;
    let counted = 0n;
    for (const { first, end } of own) {
      if (end <= counted) continue;
      count += end - (first > counted ? first : counted);
      counted = end;
    }
    return count >= WORLD[family];
  });
}

function spanOf(text: string): Span | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined;
  const [address, prefix] = ipaddr.parseCIDR(text);
  const bytes = address.toByteArray();
  const size = 2n ** BigInt(8 * bytes.length - prefix);
  const at = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const first = at - (at % size);
  return { family: address.kind(), first, end: first + size };
}
