import assert from "node:assert/strict";
import { accepted, contract, host, hostKey, nine, refused, type StackValues } from "./support";

/** What is refused: a change of a valid configuration, and patterns of the lines that say so, in their order. */
const EXAMPLES: [string, (values: StackValues) => void, RegExp[]][] = [
  [
    "tiers, whose counts follow from the inventory",
    (values) => Object.assign(values, { managers: { count: 3 }, registry: {}, workers: { worker: { count: 3 } } }),
    [
      /^swarm-ha:managers: got a value on the platform hosts; allowed: nothing: swarm-ha:hosts\.inventory says/,
      /^swarm-ha:registry: .*swarm-ha:hosts\.pools\.registry$/,
      /^swarm-ha:workers: .*swarm-ha:hosts\.pools$/,
    ],
  ],
  [
    "a range of the hosts, which have addresses already",
    (values) => (values["network"] = { hosts: "10.9.0.0/20" }),
    [/^swarm-ha:network\.hosts: got "10\.9\.0\.0\/20"; allowed: nothing: .*; fix: remove the key$/],
  ],
  [
    "no zones and no hosts",
    (values) => {
      delete values["zones"];
      delete (values as Record<string, unknown>)["hosts"];
    },
    [/^swarm-ha:zones: got nothing/, /^swarm-ha:hosts: got nothing; .*docs\/hosts\.md$/],
  ],
  [
    "two managers",
    ({ hosts }) => hosts.inventory.splice(2, 1),
    [/^swarm-ha:hosts\.inventory: got 2 hosts with the role manager; allowed: 1, 3, 5 or 7; fix: use 1 or 3: /],
  ],
  [
    "no manager, no registry host and no worker",
    ({ hosts }) => hosts.inventory.splice(1, 8),
    [
      /^swarm-ha:hosts\.inventory: got no host with the role worker; allowed: at least 1 worker/,
      /^swarm-ha:hosts\.inventory: got 0 hosts with the role registry; allowed: 1 to 7/,
    ],
  ],
  [
    "no manager",
    ({ hosts }) => hosts.inventory.splice(0, 3),
    [/^swarm-ha:hosts\.inventory: got 0 hosts with the role manager; .*use 3, or 5 where two may fail at once$/],
  ],
  [
    "managers in two zones",
    ({ hosts }) => Object.assign(hosts.inventory[2] ?? {}, { zone: "rack-1" }),
    [
      /^swarm-ha:hosts\.inventory: got 3 managers in rack-1, rack-2; allowed: at least 3 different zones for 3 managers, .*; fix: spread them over 3 zones/,
    ],
  ],
  [
    "the majority of the managers in one zone",
    ({ hosts }) => {
      hosts.inventory.push(host("m4", "manager", "rack-1", 200), host("m5", "manager", "rack-1", 201));
    },
    [/^swarm-ha:hosts\.inventory: got 3 of 5 managers in rack-1; allowed: at most 2 in one zone/],
  ],
  [
    "all registry hosts in one zone, and all workers in another",
    ({ hosts }) => {
      for (const entry of hosts.inventory)
        if (entry["role"] !== "manager") entry["zone"] = entry["role"] === "worker" ? "rack-2" : "rack-3";
    },
    [
      /^swarm-ha:hosts\.inventory: got all 3 registry nodes in rack-3; allowed: 3 or more registry nodes in at least 2/,
      /^swarm-ha:hosts\.inventory: got all 3 workers in rack-2; allowed: 3 or more workers in at least 2 zones/,
    ],
  ],
  [
    "a zone that the stack hasn't got",
    ({ hosts }) => Object.assign(hosts.inventory[8] ?? {}, { zone: "rack-33" }),
    [/^swarm-ha:hosts\.inventory\[8\]\.zone: got "rack-33"; allowed: one of rack-1, .*did you mean 'rack-3'\?$/],
  ],
  [
    "a name twice, and a reserved one",
    ({ hosts }) => {
      Object.assign(hosts.inventory[7] ?? {}, { name: "worker-1" });
      Object.assign(hosts.inventory[8] ?? {}, { name: "bastion" });
    },
    [
      /^swarm-ha:hosts\.inventory\[7\]\.name: got "worker-1" for the second time; .*swarm-ha:hosts\.inventory\[6\]/,
      /^swarm-ha:hosts\.inventory\[8\]\.name: got "bastion"; .*hostnamectl set-hostname/,
    ],
  ],
  [
    "names, addresses, keys, users and ports that hosts can't have",
    ({ hosts }) => {
      hosts.inventory = [
        { ...host("Web_1", "worker", "rack-1", 1), address: "10.0.0.300", user: "A B", port: 0 },
        { ...host("x".repeat(64), "workr", "Rack", 2), address: "127.0.0.1", hostKey: "ssh-rsa AAAA" },
        { ...host("web.example.com", "worker", "rack-1", 3), address: "010.0.0.1", sudoPassword: "a\nb", pool: "" },
      ];
    },
    [
      /inventory\[0\]\.name: got "Web_1"; allowed: a DNS label in lower case/,
      /inventory\[0\]\.address: got "10\.0\.0\.300"; allowed: an IPv4 address/,
      /inventory\[0\]\.user: got "A B"; allowed: a Unix user name/,
      /inventory\[0\]\.port: got 0; allowed: a port from 1 to 65535/,
      /inventory\[1\]\.name: got "xxx/,
      /inventory\[1\]\.role: got "workr"; .*did you mean 'worker'\?/,
      /inventory\[1\]\.zone: got "Rack"/,
      /inventory\[1\]\.address: got "127\.0\.0\.1"/,
      /inventory\[1\]\.hostKey: got "ssh-rsa AAAA"; allowed: ssh-ed25519/,
      /inventory\[2\]\.name: got "web\.example\.com"; .*hostnamectl set-hostname/,
      /inventory\[2\]\.address: got "010\.0\.0\.1"/,
      /inventory\[2\]\.pool: got ""/,
      /inventory\[2\]\.sudoPassword: got a secret value/,
    ],
  ],
  [
    "an address twice, and those of the bastion and of load balancers",
    ({ hosts }) => {
      Object.assign(hosts.inventory[8] ?? {}, { address: "10.0.2.10" });
      hosts.bastion = { address: "10.0.0.11", privateAddress: "10.0.0.100", hostKey: hostKey(1) };
      for (const tier of ["manager", "app"] as const)
        Object.assign(hosts.loadBalancers[tier].hosts?.[1] ?? {}, { address: "10.0.2.11" });
    },
    [
      /inventory\[8\]\.address: got "10\.0\.2\.10", the address of manager-1; allowed: an address of its own/,
      /loadBalancers\.manager\.hosts\[1\]\.address: got "10\.0\.2\.11", the address of manager-2/,
      /bastion\.address: got "10\.0\.0\.11", the address of lb-1; .*or leave swarm-ha:hosts\.bastion out$/,
      /loadBalancers\.manager\.virtualAddress: got "10\.0\.0\.100", the address of the bastion/,
    ],
  ],
  [
    "addresses of hosts in the ranges of the swarm's networks",
    (values) => (values["network"] = { overlay: "10.0.0.0/16", engine: "10.211.0.0/16" }),
    [
      /^swarm-ha:network\.overlay: got 10\.0\.0\.0\/16, which has the address of manager-1 \(10\.0\.2\.10\), and of 12 more/,
    ],
  ],
  [
    "a host of the inventory as load balancer",
    ({ hosts }) =>
      (hosts.loadBalancers.app.hosts = [{ name: "worker-1", address: "10.0.2.30", hostKey: hostKey(130) }]),
    [
      /loadBalancers\.app\.hosts\[0\]\.name: got "worker-1", a host of the inventory; .*swarm-ha:hosts\.inventory\[6\]$/,
      /loadBalancers\.app\.virtualAddress: got "10\.0\.0\.100" on worker-1; allowed: the hosts of swarm-ha:hosts\.loadBalancers\.manager \(lb-1, lb-2\)/,
    ],
  ],
  [
    "a load balancer's host that differs between tiers",
    ({ hosts }) => Object.assign(hosts.loadBalancers.app.hosts?.[0] ?? {}, { address: "10.0.0.13", user: "root" }),
    [
      /app\.hosts\[0\]\.address: got another value than swarm-ha:hosts\.loadBalancers\.manager\.hosts\[0\]\.address of the same host lb-1/,
      /app\.hosts\[0\]\.user: got another value/,
    ],
  ],
  [
    "load balancers with too much, or too little",
    ({ hosts }) => {
      delete hosts.loadBalancers.manager["virtualAddress"];
      Object.assign(hosts.loadBalancers.registry, { virtualAddress: "10.0.0.101" });
      hosts.loadBalancers.app = {};
    },
    [
      /loadBalancers\.manager\.virtualAddress: got nothing; allowed: an IPv4 address/,
      /loadBalancers\.registry\.virtualAddress: got a value beside swarm-ha:hosts\.loadBalancers\.registry\.external/,
      /loadBalancers\.app: got neither hosts nor external; allowed: a mapping with the keys hosts and virtualAddress, or/,
    ],
  ],
  [
    "an external load balancer without a port, and with a source that is no range",
    ({ hosts }) =>
      (hosts.loadBalancers.registry = { external: { endpoint: "registry.example.com", sources: ["10.0.0.1"] } }),
    [
      /external\.endpoint: got "registry\.example\.com"/,
      /external\.sources\[0\]: got "10\.0\.0\.1"; allowed: an IPv4 range/,
    ],
  ],
  [
    "four hosts of a load balancer, or none",
    ({ hosts }) => {
      hosts.loadBalancers.manager.hosts = [];
      hosts.loadBalancers.app.hosts = [1, 2, 3, 4].map((n) => ({
        name: `x-${String(n)}`,
        address: `10.0.0.${String(n)}`,
        hostKey: hostKey(n),
      }));
    },
    [
      /loadBalancers\.manager\.hosts: got \[\]; allowed: a list of 1 to 3/,
      /loadBalancers\.app\.hosts: got \[\{"name":"x-1",.*; allowed: a list of 1 to 3/,
    ],
  ],
  [
    "missing host keys, with the command that records them",
    ({ hosts }) => {
      delete hosts.inventory[3]?.["hostKey"];
      delete hosts.bastion?.["hostKey"];
    },
    [
      /bastion\.hostKey: got nothing; allowed: ssh-ed25519, .*; fix: record it with: npm run trust-hosts -- test$/,
      /inventory\[3\]\.hostKey: got nothing/,
    ],
  ],
  [
    "bad names of pools, a pool of a manager, and bad labels",
    ({ hosts }) => {
      Object.assign(hosts.inventory[0] ?? {}, { pool: "web" });
      Object.assign(hosts.inventory[6] ?? {}, { pool: "Web", labels: { "swarm-ha.x": "1" } });
      Object.assign(hosts.inventory[7] ?? {}, { pool: "registry" });
    },
    [
      /inventory\[0\]\.pool: got "web" of a host with the role manager; allowed: pools of workers only/,
      /inventory\[6\]\.pool: got the pool name "Web"; .*use lower-case letters/,
      /inventory\[6\]\.labels\["swarm-ha\.x"\]: got the label "swarm-ha\.x"/,
      /inventory\[7\]\.pool: got the pool name "registry"; .*choose another name, such as registry-pool/,
    ],
  ],
  [
    "settings of a pool that no host has, too much that may be away, and managers that may be",
    ({ hosts }) =>
      (hosts.pools = { workr: {}, worker: { maxUnavailable: 3, labels: { a: "" } }, manager: { maxUnavailable: 1 } }),
    [
      /^swarm-ha:hosts\.pools\.worker\.maxUnavailable: got 3 of 3 hosts; allowed: a number from 1 to 2/,
      /^swarm-ha:hosts\.pools\.workr: got the pool "workr", which no host has; .*did you mean 'worker'\?$/,
      /^swarm-ha:hosts\.pools\.worker\.labels\.a: got ""/,
      /^swarm-ha:hosts\.pools\.manager\.maxUnavailable: got 1; allowed: nothing: managers are replaced one at a time/,
    ],
  ],
  [
    "a version of a Docker engine that is there already",
    ({ hosts }) => Object.assign(hosts, { engine: { source: "installed", version: "28.5.2" } }),
    [/^swarm-ha:hosts\.engine\.version: got "28\.5\.2" with source: installed/],
  ],
  [
    "storage of both kinds",
    ({ hosts }) => Object.assign(hosts.registryStorage, { s3: S3 }),
    [/^swarm-ha:hosts\.registryStorage: got both path and s3; .*fix: write \{ path: \/srv\/registry \}/],
  ],
  [
    "no storage",
    ({ hosts }) => (hosts.registryStorage = {}),
    [/^swarm-ha:hosts\.registryStorage: got neither path nor s3/],
  ],
  [
    "a folder that is relative",
    ({ hosts }) => (hosts.registryStorage = { path: "srv/../registry" }),
    [/^swarm-ha:hosts\.registryStorage\.path: got "srv\/\.\.\/registry"; allowed: an absolute path/],
  ],
  [
    "a wrong part, beside problems of the others",
    ({ hosts }) => {
      hosts.ssh = { user: "root" };
      hosts.registryStorage = {};
      delete hosts.inventory[0]?.["hostKey"];
    },
    [
      /^swarm-ha:hosts\.ssh\.privateKey: got nothing; allowed: a private key in OpenSSH's format/,
      /^swarm-ha:hosts\.registryStorage: got neither path nor s3/,
      /^swarm-ha:hosts\.inventory\[0\]\.hostKey: got nothing/,
    ],
  ],
];

const S3 = {
  endpoint: "https://s3.example.com",
  bucket: "registry",
  region: "us-east-1",
  accessKey: "a",
  secretKey: "b",
};

describe("a refused configuration of hosts that exist already", () => {
  for (const [name, change, patterns] of EXAMPLES) {
    it(name, () => {
      const lines = refused(nine(change));
      assert.equal(lines.length, patterns.length, lines.join("\n"));
      patterns.forEach((pattern, i) => {
        assert.match(lines[i] ?? "", pattern);
      });
    });
  }
});

describe("an accepted configuration of hosts that exist already", () => {
  it("may have object storage, one pool in one zone and one load balancer host, and is warned of the latter two", () => {
    const { warnings } = accepted(
      nine(({ hosts }) => {
        hosts.registryStorage = { s3: S3 };
        for (const { hosts: all } of Object.values(hosts.loadBalancers)) all?.pop();
        for (const n of [1, 2, 3])
          hosts.inventory.push(host(`gpu-${String(n)}`, "worker", "rack-1", 200 + n, { pool: "gpu" }));
      }),
    );
    assert.deepEqual(
      warnings.map((text) => text.replace(/\. .*/, "")),
      [
        "swarm-ha:hosts.inventory: all 3 hosts of the pool gpu lie in rack-1",
        "swarm-ha:hosts.loadBalancers.manager.hosts has 1 host, a single point of failure: when lb-1 is lost, nobody reaches this tier",
        "swarm-ha:hosts.loadBalancers.app.hosts has 1 host, a single point of failure: when lb-1 is lost, nobody reaches this tier",
      ],
    );
    assert.match(accepted(contract()).warnings.join(), /^swarm-ha:hosts\.inventory has 1 manager: no fault tolerance/);
  });
});
