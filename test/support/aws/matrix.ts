/** Who can reach whom on AWS, by tiers, load balancers and ranges. Written by hand: what plans and rehearsals are held to. */
import type { Matrix } from "./reachability";

const GOSSIP = ["tcp 7946", "udp 4789", "udp 7946"];
const WEB = ["tcp 80", "tcp 443"];

/** What nodes and bastion may do in every stack: docs/architecture.md, "Who may reach whom". Written by hand. */
const INSIDE: Matrix = {
  "manager -> manager": ["tcp 2377", ...GOSSIP],
  "manager -> registry": GOSSIP,
  "manager -> worker": GOSSIP,
  "registry -> manager": ["tcp 2377", ...GOSSIP],
  "registry -> registry": GOSSIP,
  "registry -> worker": GOSSIP,
  "worker -> manager": ["tcp 2377", "tcp 7946", "tcp 8380", "tcp 8381", "udp 4789", "udp 7946"],
  "worker -> registry": GOSSIP,
  "worker -> worker": GOSSIP,
  "bastion -> manager": ["tcp 22", "tcp 2376", "tcp 8380"],
  "bastion -> registry": ["tcp 22", "tcp 5000"],
  "bastion -> worker": ["tcp 22", "tcp 443"],
  "lb-manager -> manager": ["tcp 2376", "tcp 8380"],
  "lb-registry -> registry": ["tcp 5000"],
  "lb-app -> worker": ["tcp 80", "tcp 443", "tcp 8082"],
};

/** Out of the cluster: packages, AWS's services, and the bucket by its endpoint. */
const OUT: Matrix = {
  "manager -> 0.0.0.0/0": WEB,
  "registry -> 0.0.0.0/0": WEB,
  "registry -> pl-s3": ["tcp 443"],
  "worker -> 0.0.0.0/0": WEB,
  "bastion -> 0.0.0.0/0": WEB,
};

/** What egress to everywhere also reaches, on its ports. */
function everywhere(...ranges: readonly string[]): Matrix {
  const from = ["manager", "registry", "worker", "bastion"];
  return Object.fromEntries(from.flatMap((one) => ranges.map((range) => [`${one} -> ${range}`, WEB])));
}

/** The stack prod. */
export const PROD: Matrix = {
  ...INSIDE,
  ...OUT,
  ...everywhere("203.0.113.0/24", "198.51.100.0/24", "192.0.2.1/32", "10.213.0.0/16"),
  "manager -> lb-registry": ["tcp 5000"],
  "registry -> lb-registry": ["tcp 5000"],
  "worker -> lb-registry": ["tcp 5000"],
  "203.0.113.0/24 -> bastion": ["tcp 22"],
  "203.0.113.0/24 -> lb-manager": ["tcp 2376"],
  "198.51.100.0/24 -> lb-manager": ["tcp 2376"],
  "203.0.113.0/24 -> lb-registry": ["tcp 5000"],
  "198.51.100.0/24 -> lb-registry": ["tcp 5000"],
  // The world, and so everybody.
  ...Object.fromEntries(
    ["0.0.0.0/0", "203.0.113.0/24", "198.51.100.0/24", "192.0.2.1/32", "10.213.0.0/16"].map((range) => [
      `${range} -> lb-app`,
      WEB,
    ]),
  ),
  ...everywhere("lb-app"),
};

/** The stack test. */
export const TEST: Matrix = {
  ...INSIDE,
  ...OUT,
  ...everywhere("203.0.113.0/24", "192.0.2.1/32", "10.212.0.0/20"),
  // A public load balancer has no address inside, so nodes have one of their own.
  "lb-registry-internal -> registry": ["tcp 5000"],
  "manager -> lb-registry-internal": ["tcp 5000"],
  "registry -> lb-registry-internal": ["tcp 5000"],
  "worker -> lb-registry-internal": ["tcp 5000"],
  "203.0.113.0/24 -> bastion": ["tcp 22"],
  "203.0.113.0/24 -> lb-manager": ["tcp 2376"],
  "203.0.113.0/24 -> lb-registry": ["tcp 5000"],
  "203.0.113.0/24 -> lb-app": WEB,
};
