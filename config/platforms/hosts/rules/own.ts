import { keyText, valueText, type Problem } from "../../../problem";
import { describeKey } from "../schema";
import type { HostsKnown } from "./known";

/** Keys that have no meaning here, the Docker engine's version, and the registry's storage. */
export function ownProblems(known: HostsKnown): Problem[] {
  return [...refusedKeys(known), ...engineProblems(known), ...storageProblems(known)];
}

const INSTEAD = {
  managers: "remove the key; managers are the hosts with role: manager",
  registry:
    "remove the key; registry hosts are those with role: registry, their maxUnavailable is in swarm-ha:hosts.pools.registry",
  workers:
    "remove the key; workers are the hosts with role: worker, labels and maxUnavailable of a pool are in swarm-ha:hosts.pools",
} as const;

function refusedKeys({ given, platform = "" }: HostsKnown): Problem[] {
  return Object.entries(INSTEAD).flatMap(([key, fix]) =>
    given.has(key)
      ? [
          {
            key: keyText([key]),
            got: `a value on the platform ${platform}`,
            allowed: `nothing: ${keyText(["hosts", "inventory"])} says which hosts there are`,
            fix,
          },
        ]
      : [],
  );
}

function engineProblems({ hosts }: HostsKnown): Problem[] {
  const { source, version } = hosts?.engine ?? {};
  if (source !== "installed" || version === undefined) return [];
  const path = ["hosts", "engine", "version"];
  const { allowed = "" } = describeKey(path);
  const fix = "remove the key, or write source: docker or source: debian";
  return [{ key: keyText(path), got: `${valueText(version)} with source: installed`, allowed, fix }];
}

function storageProblems({ hosts }: HostsKnown): Problem[] {
  const storage = hosts?.registryStorage;
  if (storage === undefined || (storage.path === undefined) !== (storage.s3 === undefined)) return [];
  const path = ["hosts", "registryStorage"];
  const { allowed = "", fix = "" } = describeKey(path);
  const got = storage.path === undefined ? "neither path nor s3" : "both path and s3";
  return [{ key: keyText(path), got, allowed, fix }];
}
