import { z } from "zod";
import { labels, maxUnavailable } from "../../../schema/tiers";

const pool = z.strictObject({ labels: labels("Engine labels of this pool's hosts."), maxUnavailable }).meta({
  description: "What the hosts of one pool have in common.",
  allowed: "a mapping with the keys labels and maxUnavailable",
  fix: "write { labels: { com.example.storage: ssd } }",
});

/** `swarm-ha:hosts.pools`. */
export const pools = z.record(z.string(), pool).default({}).meta({
  description:
    "Settings of pools by name: those of workers, `registry` for the registry hosts, `manager` for the managers.",
  allowed: "a mapping of the inventory's pools to mappings",
  fix: "write { web: { maxUnavailable: 2 } }, or leave the key out",
});
