import assert from "node:assert/strict";
import { buildAws } from "../../support/aws/stack";
import { reachability, type Matrix } from "../../support/aws/reachability";

const GOSSIP = ["tcp 7946", "udp 4789", "udp 7946"];
const WEB = ["tcp 80", "tcp 443"];

/** What nodes and operator may do in every stack: docs/architecture.md, "Who may reach whom". Written by hand. */
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
  "operator -> manager": ["tcp 22", "tcp 2376", "tcp 8380"],
  "operator -> registry": ["tcp 22", "tcp 5000"],
  "operator -> worker": ["tcp 22", "tcp 443"],
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
  "operator -> 0.0.0.0/0": WEB,
};

/** What a way out to everywhere reaches, too, on its ports. */
function everywhere(...ranges: readonly string[]): Matrix {
  const from = ["manager", "registry", "worker", "operator"];
  return Object.fromEntries(from.flatMap((one) => ranges.map((range) => [`${one} -> ${range}`, WEB])));
}

const PROD: Matrix = {
  ...INSIDE,
  ...OUT,
  ...everywhere("203.0.113.0/24", "198.51.100.0/24", "192.0.2.1/32", "10.213.0.0/16"),
  "manager -> lb-registry": ["tcp 5000"],
  "registry -> lb-registry": ["tcp 5000"],
  "worker -> lb-registry": ["tcp 5000"],
  "203.0.113.0/24 -> operator": ["tcp 22"],
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

const TEST: Matrix = {
  ...INSIDE,
  ...OUT,
  ...everywhere("203.0.113.0/24", "192.0.2.1/32", "10.212.0.0/20"),
  // A public load balancer has no address inside, so nodes have one of their own.
  "lb-registry-internal -> registry": ["tcp 5000"],
  "manager -> lb-registry-internal": ["tcp 5000"],
  "registry -> lb-registry-internal": ["tcp 5000"],
  "worker -> lb-registry-internal": ["tcp 5000"],
  "203.0.113.0/24 -> operator": ["tcp 22"],
  "203.0.113.0/24 -> lb-manager": ["tcp 2376"],
  "203.0.113.0/24 -> lb-registry": ["tcp 5000"],
  "203.0.113.0/24 -> lb-app": WEB,
};

describe("who can reach whom on aws", () => {
  it("is the table in prod, and nothing more", async () => {
    assert.deepEqual(reachability(await buildAws("prod")), PROD);
  });

  it("is the table in test, and nothing more", async () => {
    assert.deepEqual(reachability(await buildAws("test")), TEST);
  });

  it("has ESP between nodes only where encrypted overlays are asked for", async () => {
    const aws = { region: "eu-central-1", hostedZone: "none", network: { encryptedOverlays: true } };
    const matrix = reachability(await buildAws("test", { changes: { aws } }));
    const esp = Object.entries(matrix).filter(([, ports]) => ports.includes("protocol 50"));
    const nodes = ["manager", "registry", "worker"];
    assert.deepEqual(
      esp.map(([pair]) => pair).sort(),
      nodes.flatMap((from) => nodes.map((to) => `${from} -> ${to}`)).sort(),
    );
  });

  it("has no door to the operator where it is reached by the Session Manager", async () => {
    const aws = { region: "eu-central-1", hostedZone: "none", operator: { access: "ssm" } };
    const matrix = reachability(await buildAws("test", { changes: { aws } }));
    assert.deepEqual(
      Object.keys(matrix).filter((pair) => pair.endsWith("-> operator")),
      [],
    );
  });

  it("has egress to what the configuration lists, and S3 all the same", async () => {
    const access = {
      ssh: ["203.0.113.0/24"],
      admin: ["203.0.113.0/24"],
      egress: { ranges: ["198.18.0.0/15"], ports: [8443] },
    };
    const matrix = reachability(await buildAws("test", { changes: { access } }));
    assert.deepEqual(matrix["worker -> 198.18.0.0/15"], ["tcp 8443"]);
    assert.equal(matrix["worker -> 192.0.2.1/32"], undefined);
    assert.deepEqual(matrix["registry -> pl-s3"], ["tcp 443"]);
  });
});
