import { keyText, type PathPart, type Problem } from "../../../problem";
import { describeKey } from "../schema";
import { balancersIn, inventoryPath } from "./entries";
import type { HostsKnown } from "./known";

/** Every host's key is pinned; `npm run trust-hosts` records those that are missing. */
export function hostKeyProblems(known: HostsKnown): Problem[] {
  const { bastion, inventory = [] } = known.hosts ?? {};
  const all: { readonly path: readonly PathPart[]; readonly hostKey?: string | undefined }[] = [
    ...(bastion === undefined ? [] : [{ path: ["hosts", "bastion"], hostKey: bastion.hostKey }]),
    ...inventory.map(({ hostKey }, i) => ({ path: inventoryPath(i), hostKey })),
    ...balancersIn(known).map(({ path, host: { hostKey } }) => ({ path, hostKey })),
  ];
  const { allowed = "" } = describeKey(["hosts", "bastion", "hostKey"]);
  const fix = `record it with: npm run trust-hosts -- ${known.stack}`;
  return all
    .filter(({ hostKey }) => hostKey === undefined)
    .map(({ path }) => ({ key: keyText([...path, "hostKey"]), got: "nothing", allowed, fix }));
}
