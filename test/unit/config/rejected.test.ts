import assert from "node:assert/strict";
import { valueText, type Problem } from "../../../config/problem";
import { stackSchema } from "../../../config/schema";
import { problemsOf } from "./support";

const POOL_NAME =
  "a DNS label of at most 40 characters that begins with a letter, none of manager, registry, bastion, lb";
const LABEL_NAME =
  "a name of lower-case letters, digits, '.', '_' and '-', a letter first and a letter or digit last, no two of '.' and '-' in a row, at most 128 characters, none of swarm-ha.*, com.docker.*, io.docker.*, org.dockerproject.*";
const LABEL_VALUE = "a text of 1 to 256 characters on one line, without blanks at its ends";
const QUOTES = 'write it in quotes, such as "ssd" or "true"';
const RENAME_POOL = "use lower-case letters, digits and '-' only, a letter first and no '-' last";
const SPREAD = "in at least 2 zones, so that one zone's loss leaves some";
const HOSTS = "a private IPv4 range in CIDR notation, /16 to /24";
const FREE_HOSTS = "write a free private range such as 10.210.0.0/20";
const ZONE_LIST = "a list of at least one name out of swarm-ha:zones, each once";
const ALL_ZONES = "a list of 1 to 7 names, each once; at least 3 with 3 or more managers";
const WRITE_ZONES = "write a list such as [zone-a, zone-b, zone-c]";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/** Of the schema itself: what is allowed is every key that there is. */
const ALL_KEYS = Object.keys(stackSchema.shape).join(", ");

const pool = (labels: unknown): unknown => ({ worker: { count: 3, labels } });

/** What is refused, and the four things that the error has to say about it. */
const EXAMPLES: [string, Record<string, unknown>, Problem[]][] = [
  [
    "an even number of managers",
    { managers: { count: 4 } },
    [
      {
        key: "swarm-ha:managers.count",
        got: "4",
        allowed: "1, 3, 5 or 7",
        fix: "use 3 or 5: 4 managers survive no more failures than 3",
      },
    ],
  ],
  [
    "more than 7 managers",
    { managers: '{"count":9}' },
    [
      {
        key: "swarm-ha:managers.count",
        got: "9",
        allowed: "1, 3, 5 or 7",
        fix: "use at most 7 managers: more make every change slower; add workers instead",
      },
    ],
  ],
  [
    "certificates that are due from their first day on",
    { certificates: { personDays: 30 } },
    [
      {
        key: "swarm-ha:certificates.renewalDays",
        got: "30",
        allowed: "less than the shortest validity of a certificate, 30 days",
        fix: "write renewalDays: 10, a third of that validity, or make certificates valid for longer",
      },
    ],
  ],
  [
    "certificates that Apple's systems refuse",
    { certificates: { serverDays: 3650 } },
    [
      {
        key: "swarm-ha:certificates.serverDays",
        got: "3650",
        allowed: "a whole number from 1 to 825 (days)",
        fix: "write serverDays: 730",
      },
    ],
  ],
  [
    "no manager",
    { managers: { count: 0 } },
    [
      {
        key: "swarm-ha:managers.count",
        got: "0",
        allowed: "1, 3, 5 or 7",
        fix: "use 3, or 5 where two may fail at once",
      },
    ],
  ],
  [
    "managers in quotes",
    { managers: { count: "3" } },
    [
      {
        key: "swarm-ha:managers.count",
        got: '"3"',
        allowed: "1, 3, 5 or 7",
        fix: "use 3, or 5 where two may fail at once",
      },
    ],
  ],
  [
    "managers that aren't a mapping",
    { managers: "3" },
    [
      {
        key: "swarm-ha:managers",
        got: "3",
        allowed: "a mapping with the keys count and zones",
        fix: "write { count: 3 }",
      },
    ],
  ],
  [
    "too many registries",
    { registry: { replicas: 8 } },
    [
      {
        key: "swarm-ha:registry.replicas",
        got: "8",
        allowed: "a whole number from 1 to 7",
        fix: "use 3, one for each zone",
      },
    ],
  ],
  [
    "no worker in any pool",
    { workers: { a: { count: 0 }, b: { count: 0 } } },
    [
      {
        key: "swarm-ha:workers",
        got: '{"a":{"count":0,"labels":{}},"b":{"count":0,"labels":{}}}',
        allowed: "at least 1 worker in all pools together",
        fix: "write { worker: { count: 3 } }",
      },
    ],
  ],
  [
    "no pool",
    { workers: {} },
    [
      {
        key: "swarm-ha:workers",
        got: "{}",
        allowed: "at least 1 worker in all pools together",
        fix: "write { worker: { count: 3 } }",
      },
    ],
  ],
  [
    "a pool without a count",
    { workers: { worker: {} } },
    [
      {
        key: "swarm-ha:workers.worker.count",
        got: "nothing",
        allowed: "a whole number from 0 to 2000",
        fix: "write count: 3",
      },
    ],
  ],
  [
    "half a worker",
    { workers: { worker: { count: 2.5 } } },
    [
      {
        key: "swarm-ha:workers.worker.count",
        got: "2.5",
        allowed: "a whole number from 0 to 2000",
        fix: "write count: 3",
      },
    ],
  ],
  [
    "two zones for three managers",
    { zones: ["zone-a", "zone-b"] },
    [
      {
        key: "swarm-ha:zones",
        got: '["zone-a","zone-b"]',
        allowed: "at least 3 different zones for 3 managers, so that no zone holds the majority of 2",
        fix: "list 3 zones, or set swarm-ha:managers to { count: 1 }, without fault tolerance",
      },
    ],
  ],
  [
    "managers placed in two of three zones",
    { managers: { count: 5, zones: ["zone-a", "zone-b"] } },
    [
      {
        key: "swarm-ha:managers.zones",
        got: '["zone-a","zone-b"]',
        allowed: "at least 3 different zones for 5 managers, so that no zone holds the majority of 3",
        fix: "list 3 zones, or set swarm-ha:managers to { count: 1 }, without fault tolerance",
      },
    ],
  ],
  [
    "a zone twice",
    { zones: ["zone-a", "zone-b", "zone-c", "zone-a"] },
    [{ key: "swarm-ha:zones[3]", got: '"zone-a"', allowed: ALL_ZONES, fix: "remove the second 'zone-a'" }],
  ],
  [
    "a zone twice that leaves only two",
    { zones: ["zone-a", "zone-b", "zone-a"] },
    [
      { key: "swarm-ha:zones[2]", got: '"zone-a"', allowed: ALL_ZONES, fix: "remove the second 'zone-a'" },
      {
        key: "swarm-ha:zones",
        got: '["zone-a","zone-b","zone-a"]',
        allowed: "at least 3 different zones for 3 managers, so that no zone holds the majority of 2",
        fix: "list 3 zones, or set swarm-ha:managers to { count: 1 }, without fault tolerance",
      },
    ],
  ],
  [
    "more zones than the address plan has blocks",
    { zones: ["a", "b", "c", "d", "e", "f", "g", "h"] },
    [{ key: "swarm-ha:zones", got: '["a","b","c","d","e","f","g","h"]', allowed: ALL_ZONES, fix: WRITE_ZONES }],
  ],
  ["no zones", { zones: [] }, [{ key: "swarm-ha:zones", got: "[]", allowed: ALL_ZONES, fix: WRITE_ZONES }]],
  [
    "zones that aren't a list",
    { zones: "zone-a,zone-b,zone-c" },
    [{ key: "swarm-ha:zones", got: '"zone-a,zone-b,zone-c"', allowed: ALL_ZONES, fix: WRITE_ZONES }],
  ],
  [
    "a bad name of a zone",
    { zones: ["zone-a", "Zone B", "zone-c"] },
    [
      {
        key: "swarm-ha:zones[1]",
        got: '"Zone B"',
        allowed: "a name of lower-case letters, digits and '-', at most 40 characters, beginning with a letter",
        fix: "write a name such as zone-a, or on AWS the one of an availability zone such as eu-central-1a",
      },
    ],
  ],
  [
    "a pool in a zone that the stack hasn't got",
    { workers: { worker: { count: 2, zones: ["zone-a", "zone-bb"] } } },
    [
      {
        key: "swarm-ha:workers.worker.zones[1]",
        got: '"zone-bb"',
        allowed: "one of zone-a, zone-b, zone-c",
        fix: "did you mean 'zone-b'?",
      },
    ],
  ],
  [
    "a registry in a zone of another region",
    { registry: { replicas: 1, zones: ["eu-central-1a"] } },
    [
      {
        key: "swarm-ha:registry.zones[0]",
        got: '"eu-central-1a"',
        allowed: "one of zone-a, zone-b, zone-c",
        fix: "use one of them, or add 'eu-central-1a' to swarm-ha:zones",
      },
    ],
  ],
  [
    "a pool with no zones",
    { workers: { worker: { count: 2, zones: [] } } },
    [
      {
        key: "swarm-ha:workers.worker.zones",
        got: "[]",
        allowed: ZONE_LIST,
        fix: "write a list such as [zone-a, zone-b, zone-c], or leave the key out to use all zones",
      },
    ],
  ],
  [
    "all registries in one zone",
    { registry: { replicas: 3, zones: ["zone-b"] } },
    [
      {
        key: "swarm-ha:registry.zones",
        got: '["zone-b"], which puts all 3 registry nodes into zone-b',
        allowed: `3 or more registry nodes ${SPREAD}`,
        fix: "add a zone, or set swarm-ha:registry to { replicas: 2 } or less",
      },
    ],
  ],
  [
    "all workers in one zone",
    { workers: { worker: { count: 4, zones: ["zone-b"] } } },
    [
      {
        key: "swarm-ha:workers",
        got: '{"worker":{"count":4,"labels":{},"zones":["zone-b"]}}, which puts all 4 workers into zone-b',
        allowed: `3 or more workers ${SPREAD}`,
        fix: "let a pool begin in another zone, for instance with zones: [zone-b, zone-c, zone-a]",
      },
    ],
  ],
  [
    "three pools of one, all starting in the same zone",
    { workers: { a: { count: 1 }, b: { count: 1 }, c: { count: 1 } } },
    [
      {
        key: "swarm-ha:workers",
        got: '{"a":{"count":1,"labels":{}},"b":{"count":1,"labels":{}},"c":{"count":1,"labe..., which puts all 3 workers into zone-a',
        allowed: `3 or more workers ${SPREAD}`,
        fix: "let a pool begin in another zone, for instance with zones: [zone-b, zone-c, zone-a]",
      },
    ],
  ],
  [
    "a stack of one zone with three workers",
    { zones: ["zone-a"], managers: { count: 1 }, registry: { replicas: 1 } },
    [
      {
        key: "swarm-ha:zones",
        got: '["zone-a"], which puts all 3 workers into zone-a',
        allowed: `3 or more workers ${SPREAD}`,
        fix: "add a zone, or have no more than 2 workers",
      },
    ],
  ],
  [
    "a reserved name of a pool",
    { workers: { manager: { count: 3 } } },
    [
      {
        key: "swarm-ha:workers.manager",
        got: 'the pool name "manager"',
        allowed: POOL_NAME,
        fix: "choose another name, such as manager-pool",
      },
    ],
  ],
  [
    "a pool called like the bastion or a load balancer",
    { workers: { "lb-app": { count: 3 } } },
    [
      {
        key: "swarm-ha:workers.lb-app",
        got: 'the pool name "lb-app"',
        allowed: POOL_NAME,
        fix: "choose another name, such as lb-app-pool",
      },
    ],
  ],
  [
    "a pool called like a host of another",
    { workers: { web: { count: 3 }, "web-1": { count: 1 } } },
    [
      {
        key: "swarm-ha:workers.web-1",
        got: 'the pool name "web-1"',
        allowed: POOL_NAME,
        fix: "rename it, to web-n1 for instance: 'web-1' is how a host of 'web' is called",
      },
    ],
  ],
  [
    "a pool called like a manager",
    { workers: { "manager-1": { count: 3 } } },
    [
      {
        key: "swarm-ha:workers.manager-1",
        got: 'the pool name "manager-1"',
        allowed: POOL_NAME,
        fix: "rename it, to manager-n1 for instance: 'manager-1' is how a host of 'manager' is called",
      },
    ],
  ],
  [
    "pools that differ in case only",
    { workers: { web: { count: 3 }, WEB: { count: 1 } } },
    [
      {
        key: "swarm-ha:workers.WEB",
        got: 'the pool name "WEB"',
        allowed: POOL_NAME,
        fix: "rename it: it differs from the pool 'web' in case only, and host names ignore case",
      },
    ],
  ],
  [
    "a pool whose name is no DNS label",
    { workers: { big_ones: { count: 3 } } },
    [{ key: "swarm-ha:workers.big_ones", got: 'the pool name "big_ones"', allowed: POOL_NAME, fix: RENAME_POOL }],
  ],
  [
    "a pool whose name is too long",
    { workers: { ["x".repeat(42)]: { count: 3 } } },
    [
      {
        key: `swarm-ha:workers.${"x".repeat(42)}`,
        got: `the pool name "${"x".repeat(42)}"`,
        allowed: POOL_NAME,
        fix: "shorten it by 2 characters",
      },
    ],
  ],
  [
    "a pool twice",
    { workers: '{"web":{"count":3},"web":{"count":1}}' },
    [
      {
        key: "swarm-ha:workers.web",
        got: "the key twice",
        allowed: "each key once",
        fix: "remove or rename one of the two",
      },
    ],
  ],
  [
    "a label that isn't a text",
    { workers: pool({ ssd: true }) },
    [{ key: "swarm-ha:workers.worker.labels.ssd", got: "true", allowed: LABEL_VALUE, fix: QUOTES }],
  ],
  [
    "an empty label",
    { workers: pool({ "com.example.storage": "" }) },
    [{ key: 'swarm-ha:workers.worker.labels["com.example.storage"]', got: '""', allowed: LABEL_VALUE, fix: QUOTES }],
  ],
  [
    "a label of two lines",
    { workers: pool({ storage: "a\nb" }) },
    [{ key: "swarm-ha:workers.worker.labels.storage", got: '"a\\nb"', allowed: LABEL_VALUE, fix: QUOTES }],
  ],
  [
    "a label of ours",
    { workers: pool({ "swarm-ha.role": "x" }) },
    [
      {
        key: 'swarm-ha:workers.worker.labels["swarm-ha.role"]',
        got: 'the label "swarm-ha.role"',
        allowed: LABEL_NAME,
        fix: "use a prefix of your own instead of swarm-ha., such as com.example.",
      },
    ],
  ],
  [
    "a label of Docker's",
    { workers: pool({ "com.docker.x": "x" }) },
    [
      {
        key: 'swarm-ha:workers.worker.labels["com.docker.x"]',
        got: 'the label "com.docker.x"',
        allowed: LABEL_NAME,
        fix: "use a prefix of your own instead of com.docker., such as com.example.",
      },
    ],
  ],
  [
    "a label with blanks in its name",
    { workers: pool({ "my disk": "x" }) },
    [
      {
        key: 'swarm-ha:workers.worker.labels["my disk"]',
        got: 'the label "my disk"',
        allowed: LABEL_NAME,
        fix: "write it like com.example.storage, or simply storage",
      },
    ],
  ],
  [
    "a range with bits after its prefix",
    { network: { hosts: "10.210.1.0/20" } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"10.210.1.0/20"',
        allowed: HOSTS,
        fix: `it has bits set after the prefix (did you mean 10.210.0.0/20?); ${FREE_HOSTS}`,
      },
    ],
  ],
  [
    "a public range",
    { network: { hosts: "8.8.0.0/16" } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"8.8.0.0/16"',
        allowed: HOSTS,
        fix: `it isn't private (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16); ${FREE_HOSTS}`,
      },
    ],
  ],
  [
    "an address instead of a range",
    { network: { hosts: "10.0.0.1" } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"10.0.0.1"',
        allowed: HOSTS,
        fix: `it has no '/<prefix length>'; ${FREE_HOSTS}`,
      },
    ],
  ],
  [
    "a range of IPv6",
    { network: { hosts: "fd00::/64" } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"fd00::/64"',
        allowed: HOSTS,
        fix: `it is IPv6, and swarm nodes use IPv4 here; ${FREE_HOSTS}`,
      },
    ],
  ],
  [
    "a short-hand range",
    { network: { hosts: "10.210/16" } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"10.210/16"',
        allowed: HOSTS,
        fix: `it doesn't begin with an IPv4 address of four decimal numbers; ${FREE_HOSTS}`,
      },
    ],
  ],
  [
    "a range that is too small for anybody",
    { network: { hosts: "10.210.0.0/25" } },
    [{ key: "swarm-ha:network.hosts", got: '"10.210.0.0/25"', allowed: HOSTS, fix: `it is too small; ${FREE_HOSTS}` }],
  ],
  [
    "a range that is too small for these workers",
    { network: { hosts: "10.210.0.0/24" }, workers: { worker: { count: 22 } } },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"10.210.0.0/24", which has room for 7 workers in a zone, while zone-a gets 8',
        allowed: "/16 to /23 for that many",
        fix: "use a /23, or fewer workers",
      },
    ],
  ],
  [
    "more workers than any range holds",
    {
      network: { hosts: "10.208.0.0/16", apps: 16 },
      workers: Object.fromEntries(Array.from("abcdefghijklmnop").map((name) => [name, { count: 2000 }])),
    },
    [
      {
        key: "swarm-ha:network.hosts",
        got: '"10.208.0.0/16", which has room for 8167 workers in a zone, while zone-a gets 10672',
        allowed: "at most 8167 workers in a zone",
        fix: "use fewer workers, or more zones",
      },
    ],
  ],
  [
    "an applications' network that takes the whole overlay range",
    { network: { overlay: "10.128.0.0/20" } },
    [
      {
        key: "swarm-ha:network.apps",
        got: "20, which leaves no room for other networks in swarm-ha:network.overlay (10.128.0.0/20)",
        allowed: "21 to 24",
        fix: "write a greater number, or give the overlay networks a larger range",
      },
    ],
  ],
  [
    "an applications' network without room for the ingress on all workers",
    { network: { hosts: "10.208.0.0/18", apps: 24 }, workers: { worker: { count: 200 } } },
    [
      {
        key: "swarm-ha:network.apps",
        got: "24, which has no room for the ingress on 200 workers",
        allowed: "16 to 23",
        fix: "write 23, or use fewer workers; an existing stack keeps its value",
      },
    ],
  ],
  [
    "a Docker engine's range in the overlay's",
    { network: { engine: "10.130.0.0/16" } },
    [
      {
        key: "swarm-ha:network.engine",
        got: '"10.130.0.0/16"',
        allowed: "a range that doesn't overlap swarm-ha:network.overlay (10.128.0.0/12)",
        fix: "choose another range, or leave both keys out: the defaults fit together",
      },
    ],
  ],
  [
    "a range that meets the outer Docker engine's bridge",
    { network: { engine: "172.16.0.0/14" } },
    [
      {
        key: "swarm-ha:network.engine",
        got: '"172.16.0.0/14"',
        allowed: "a range that doesn't overlap 172.17.0.0/16, the default bridge of this workstation's Docker engine",
        fix: "choose a range in 10.0.0.0/8 that your network doesn't use",
      },
    ],
  ],
  [
    "a port that needs root",
    { local: { ports: { ssh: 22 } } },
    [
      {
        key: "swarm-ha:local.ports.ssh",
        got: "22",
        allowed: "a port from 1024 to 65535, each once",
        fix: "write a free one such as 22022",
      },
    ],
  ],
  [
    "a port twice",
    { local: { ports: { ssh: 22376 } } },
    [
      {
        key: "swarm-ha:local.ports.manager",
        got: "22376",
        allowed: "a port from 1024 to 65535, each once",
        fix: "choose another one: swarm-ha:local.ports.ssh uses it",
      },
    ],
  ],
  [
    "a mistyped key",
    { mangers: { count: 3 } },
    [
      {
        key: "swarm-ha:mangers",
        got: 'the unknown key with the value {"count":3}',
        allowed: ALL_KEYS,
        fix: "did you mean 'managers'?",
      },
    ],
  ],
  [
    "a mistyped key inside another",
    { drain: { timeuot: 5 } },
    [
      {
        key: "swarm-ha:drain.timeuot",
        got: "the unknown key with the value 5",
        allowed: "timeout, onTimeout",
        fix: "did you mean 'timeout'?",
      },
    ],
  ],
  [
    "a path that was set as a key",
    { "managers.count": "5" },
    [
      {
        key: "swarm-ha:managers.count",
        got: 'the unknown key with the value "5"',
        allowed: ALL_KEYS,
        fix: "set it with --path, so that it becomes a part of swarm-ha:managers",
      },
    ],
  ],
  [
    "a mistyped platform",
    { platform: "lokal" },
    [{ key: "swarm-ha:platform", got: '"lokal"', allowed: "local or aws or hosts", fix: "did you mean 'local'?" }],
  ],
  [
    "no platform",
    { platform: undefined },
    [
      {
        key: "swarm-ha:platform",
        got: "nothing",
        allowed: "local or aws or hosts",
        fix: "write local to run the stack on this workstation",
      },
    ],
  ],
  [
    "aws with what only local has, and without what it needs",
    { platform: "aws", local: {} },
    [
      {
        key: "swarm-ha:zones",
        got: "nothing",
        allowed: ALL_ZONES,
        fix: `the platform aws has no default; ${WRITE_ZONES}`,
      },
      {
        key: "swarm-ha:domain",
        got: "nothing",
        allowed: "a DNS name in lower case, without wildcard, port or dot at its end",
        fix: "the platform aws has no default; write a name such as swarm.example.com",
      },
      {
        key: "swarm-ha:local",
        got: "a value on the platform aws",
        allowed: "a mapping with the keys ports, engine and image, on the platform local only",
        fix: "remove the key",
      },
      {
        key: "swarm-ha:aws",
        got: "nothing",
        allowed:
          "a mapping with the keys region, accountId, protect, hostedZone, network, hosts, images, engine, bastion, loadBalancers and tags, on the platform aws only",
        fix: "the platform aws has no default; write { region: eu-central-1, hostedZone: Z… }",
      },
    ],
  ],
  [
    "a wildcard as domain",
    { domain: "*.example.com" },
    [
      {
        key: "swarm-ha:domain",
        got: '"*.example.com"',
        allowed: "a DNS name in lower case, without wildcard, port or dot at its end",
        fix: "write a name such as swarm.example.com",
      },
    ],
  ],
  [
    "an unknown answer to a timeout",
    { drain: { onTimeout: "contine" } },
    [
      {
        key: "swarm-ha:drain.onTimeout",
        got: '"contine"',
        allowed: "fail or continue",
        fix: "did you mean 'continue'?",
      },
    ],
  ],
  [
    "a number that isn't one",
    { joinEpoch: "soon" },
    [
      {
        key: "swarm-ha:joinEpoch",
        got: '"soon"',
        allowed: "a whole number from 0 on",
        fix: "write joinEpoch: 0, and 1 more after each rotation",
      },
    ],
  ],
  [
    "a danger that there is none of",
    { acknowledge: ["replaces-manager", "deletes-state"] },
    [
      {
        key: "swarm-ha:acknowledge[0]",
        got: '"replaces-manager"',
        allowed: "replaces-managers, quorum-at-risk, tier-unavailable, deletes-state, opens-to-world",
        fix: "did you mean 'replaces-managers'?",
      },
    ],
  ],
  [
    "a danger acknowledged twice",
    { acknowledge: '["deletes-state","deletes-state"]' },
    [
      {
        key: "swarm-ha:acknowledge[1]",
        got: '"deletes-state" for the second time',
        allowed:
          "a list of names out of replaces-managers, quorum-at-risk, tier-unavailable, deletes-state, opens-to-world, each once",
        fix: "remove one of them",
      },
    ],
  ],
  [
    "certificates for ever",
    { certificateExpiry: "1000000" },
    [
      {
        key: "swarm-ha:certificateExpiry",
        got: "1000000",
        allowed: "a whole number from 1 to 87600 (hours)",
        fix: "write certificateExpiry: 2160",
      },
    ],
  ],
  [
    "an external CA without TLS, and with two certificates",
    { externalCa: { urls: ["http://ca.example.com/sign"], rootCertificate: `${CERTIFICATE}${CERTIFICATE}` } },
    [
      {
        key: "swarm-ha:externalCa.urls[0]",
        got: '"http://ca.example.com/sign"',
        allowed: "an https:// URL with a path",
        fix: "write one such as https://ca.example.com:8888/api/v1/cfssl/sign",
      },
      {
        key: "swarm-ha:externalCa.rootCertificate",
        got: valueText(`${CERTIFICATE}${CERTIFICATE}`),
        allowed: "one certificate, PEM",
        fix: "set it with: npm run pulumi -- config set --path swarm-ha:externalCa.rootCertificate < root.pem",
      },
    ],
  ],
  [
    "an external CA with a certificate that is none",
    { externalCa: { urls: ["https://ca.example.com/sign"], rootCertificate: CERTIFICATE } },
    [
      {
        key: "swarm-ha:externalCa.rootCertificate",
        got: "something that can't be read as a certificate",
        allowed: "the certificate of a CA, PEM",
        fix: "take the one that cfssl signs with: the file of its option -ca",
      },
    ],
  ],
  [
    "autolock that is neither on nor off",
    { autolock: "yes" },
    [
      {
        key: "swarm-ha:autolock",
        got: '"yes"',
        allowed: "true or false",
        fix: "write autolock: true, or leave it out",
      },
    ],
  ],
];

describe("a refused configuration", () => {
  for (const [name, raw, problems] of EXAMPLES) {
    it(name, () => {
      assert.deepEqual(problemsOf(raw), problems);
    });
  }
});
