import { keyText, valueText, type Problem } from "../../../problem";
import type { HostsConfig } from "..";
import { describeKey } from "../schema";
import { tierPath, tiersIn } from "./entries";
import type { HostsKnown } from "./known";

type Settings = HostsConfig["loadBalancers"]["manager"];

/** Each load balancer has either hosts and a virtual address, or is one of the user's. */
export function loadBalancerProblems(known: HostsKnown): Problem[] {
  const tiers = tiersIn(known);
  return tiers.flatMap(({ tier, settings }, i) => {
    const shape = shapeProblem(tier, settings);
    if (shape !== undefined) return [shape];
    const first = tiers
      .slice(0, i)
      .find(
        (other) => settings.virtualAddress !== undefined && other.settings.virtualAddress === settings.virtualAddress,
      );
    return first === undefined || namesOf(first.settings) === namesOf(settings)
      ? []
      : [
          {
            key: keyText(tierPath(tier, "virtualAddress")),
            got: `${valueText(settings.virtualAddress)} on ${namesOf(settings)}`,
            allowed: `the hosts of ${keyText(tierPath(first.tier))} (${namesOf(first.settings)}), or another address`,
            fix: "list the same hosts in both, or write another free address",
          },
        ];
  });
}

function shapeProblem(tier: string, { hosts, virtualAddress, external }: Settings): Problem | undefined {
  const { allowed = "", fix = "" } = describeKey(tierPath(tier));
  const wrong = (got: string, ...more: string[]): Problem => ({
    key: keyText(tierPath(tier, ...more)),
    got,
    allowed,
    fix,
  });
  if (external !== undefined) {
    const beside = hosts !== undefined ? "hosts" : virtualAddress !== undefined ? "virtualAddress" : undefined;
    return beside === undefined
      ? undefined
      : { ...wrong(`a value beside ${keyText(tierPath(tier, "external"))}`, beside), fix: `remove one of the two` };
  }
  if (hosts === undefined) return wrong(virtualAddress === undefined ? "neither hosts nor external" : "no hosts");
  if (virtualAddress !== undefined) return undefined;
  const own = describeKey(tierPath(tier, "virtualAddress"));
  return { ...wrong("nothing", "virtualAddress"), allowed: own.allowed ?? "", fix: own.fix ?? "" };
}

/** Their order doesn't matter: it only says where the virtual address is at first. */
function namesOf({ hosts = [] }: Settings): string {
  return hosts
    .map(({ name }) => name)
    .sort()
    .join(", ");
}

/** Warnings about load balancers without a second host. */
export function loadBalancerWarnings({
  hosts: { loadBalancers },
}: {
  readonly hosts: Pick<HostsConfig, "loadBalancers">;
}): string[] {
  return Object.entries(loadBalancers).flatMap(([tier, { hosts }]) =>
    hosts?.length === 1
      ? [
          `${keyText(tierPath(tier, "hosts"))} has 1 host, a single point of failure: when ${hosts[0]?.name ?? ""} is lost, nobody reaches this tier. Use 2 or 3.`,
        ]
      : [],
  );
}
