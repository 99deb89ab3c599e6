/** Where a stack of `npm run chaos` is, so that several run beside each other. */
import { portsFrom, type OwnPlace } from "../../test/support/stack-config";

/** Places there are: the address range has room for no more. */
const PLACES = 8;

/** Addresses and ports of a stack, by the number at the end of its name: `chaos`, `chaos-1` and `chaos-2` have different ones. */
export function placeOf(name: string): OwnPlace {
  const number = Number(/\d{1,9}$/.exec(name)?.[0] ?? 0) % PLACES;
  return { hosts: `10.250.${String(16 * number)}.0/20`, ports: portsFrom(23900 + 10 * number) };
}
