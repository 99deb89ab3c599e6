import fc from "fast-check";

const ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
const ACM = "arn:aws:acm:eu-central-1:210987654321:certificate/01234567-89ab-cdef-0123-456789abcdef";
const SNS = "arn:aws:sns:eu-central-1:210987654321:alarms";

/** A key that is there now and then. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

/** Without the keys that have no value. */
function compact(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

const keys = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(shape).map(compact);

/** Names of stacks: Pulumi takes up to 100 letters, digits, hyphens, underscores and dots. */
export const stackName = fc.oneof(
  fc.constantFrom("prod", "x", "Team_A.blue-2"),
  fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/),
);

const pool = keys({
  count: fc.integer({ min: 1, max: 2 }),
  architecture: maybe(fc.constantFrom("amd64", "arm64")),
  volume: maybe(fc.integer({ min: 10, max: 16_384 })),
});
const poolName = fc.oneof(fc.constantFrom("worker", "db"), fc.stringMatching(/^[a-z][a-z0-9]{38}x$/));

const tier = keys({
  architecture: maybe(fc.constantFrom("amd64", "arm64")),
  volume: maybe(fc.constantFrom(10, 16_384)),
});
const scheme = maybe(fc.constantFrom("internal", "public"));
const range = fc
  .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255))
  .map(([a, b]) => `${String(a)}.${String(b)}.0.0/16`);
const ranges = fc.uniqueArray(range, { minLength: 1, maxLength: 5 });

const existing = {
  vpc: { id: "vpc-0123456789abcdef0", cidr: "172.20.0.0/16" },
  subnets: Object.fromEntries(
    ZONES.map((zone, i) => [
      zone,
      {
        private: { id: `subnet-0000000${String(i)}`, cidr: `172.20.${String(i)}.0/24` },
        public: { id: `subnet-1000000${String(i)}`, cidr: `172.20.1${String(i)}.0/24` },
      },
    ]),
  ),
};

const network = keys({
  nat: maybe(fc.constantFrom("perZone", "single")),
  flowLogs: maybe(fc.constantFrom(0, 1, 30, 3653)),
  encryptedOverlays: maybe(fc.boolean()),
});

/** Text that AWS takes in a tag. */
const tagText = fc.stringMatching(/^[a-zA-Z0-9 _.:/=+@-]{1,40}$/);

const aws = keys({
  region: fc.constant("eu-central-1"),
  hostedZone: fc.constantFrom("none", "Z0ABCDEFGHIJ123456789"),
  protect: maybe(fc.boolean()),
  network: fc.oneof(
    { weight: 4, arbitrary: network },
    { weight: 1, arbitrary: network.map((own) => ({ ...own, ...existing })) },
  ),
  hosts: maybe(keys({ manager: maybe(tier), registry: maybe(tier), worker: maybe(tier), bastion: maybe(tier) })),
  bastion: maybe(keys({ access: fc.constantFrom("public", "ssm"), zone: maybe(fc.constantFrom(...ZONES)) })),
  loadBalancers: maybe(
    keys({
      manager: scheme,
      registry: scheme,
      app: scheme,
      registryCertificate: maybe(fc.constant(ACM)),
      appCertificate: maybe(fc.constant(ACM)),
      alarms: maybe(fc.constant(SNS)),
    }),
  ),
  tags: maybe(fc.dictionary(tagText, tagText, { maxKeys: 5 })),
});

const acme = {
  email: "ops@example.com",
  provider: "route53",
  credentials: {},
};

/** Values of stack files for aws, without the namespace. Nearly all of them are accepted. */
export const awsValues: fc.Arbitrary<Record<string, unknown>> = keys({
  platform: fc.constant("aws"),
  zones: fc.constant(ZONES),
  domain: fc.oneof(
    fc.constant("swarm.example.com"),
    fc.stringMatching(/^[a-z][a-z0-9-]{60}[a-z]\.[a-z]{60}\.[a-z]{3,63}$/),
  ),
  managers: fc.constantFrom(1, 3, 3, 5).map((count) => ({ count })),
  registry: fc.integer({ min: 1, max: 3 }).map((replicas) => ({ replicas })),
  workers: fc.dictionary(poolName, pool, { minKeys: 1, maxKeys: 2 }),
  ingress: maybe(fc.constant({ acme })),
  aws,
  access: keys({
    ssh: ranges,
    admin: ranges,
    app: maybe(ranges),
    egress: maybe(
      keys({
        ranges: maybe(ranges),
        ports: maybe(fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 })),
      }),
    ),
  }),
});
