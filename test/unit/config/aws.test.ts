import assert from "node:assert/strict";
import { parseConfig } from "../../../config";
import { architectureOf, INSTANCE_TYPES } from "../../../config/platforms/aws/instance-types";
import { REGIONS, zonesOfRegion } from "../../../config/platforms/aws/regions";
import { ConfigError } from "../../../config/problem";
import { AWS_INSTANCES } from "../../../config/platforms/aws/instances";
import { attempt } from "./support";

const ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
const AWS = { region: "eu-central-1", hostedZone: "none" };
const GOOD = {
  platform: "aws",
  zones: ZONES,
  domain: "swarm.example.com",
  aws: AWS,
  access: { ssh: ["203.0.113.0/24"] },
};

const subnets = (cidrs: readonly [string, string][]): Record<string, unknown> =>
  Object.fromEntries(
    cidrs.map(([inner, edge], i): [string, unknown] => [
      ZONES[i] ?? "",
      {
        private: { id: `subnet-0000000${String(i)}`, cidr: inner },
        public: { id: `subnet-1000000${String(i)}`, cidr: edge },
      },
    ]),
  );
const EXISTING = {
  vpc: { id: "vpc-01234567", cidr: "172.20.0.0/16" },
  subnets: subnets([
    ["172.20.0.0/24", "172.20.10.0/26"],
    ["172.20.1.0/24", "172.20.10.64/26"],
    ["172.20.2.0/24", "172.20.10.128/26"],
  ]),
};

/** What is wrong with a configuration, a line for each problem. */
function refused(changes: Record<string, unknown>): string[] {
  const outcome = attempt({ ...GOOD, ...changes });
  assert.ok(outcome instanceof ConfigError, "it was accepted");
  return outcome.problems.map(({ key, got, allowed, fix }) => `${key}: got ${got}; allowed: ${allowed}; fix: ${fix}`);
}

/** Exactly one problem, which says all of this. */
function refusedFor(changes: Record<string, unknown>, ...said: readonly RegExp[]): void {
  const problems = refused(changes);
  assert.equal(problems.length, 1, problems.join("\n"));
  for (const pattern of said) assert.match(problems[0] ?? "", pattern);
}

describe("a configuration for aws", () => {
  it("is accepted with what nobody can guess, and has defaults for the rest", () => {
    const config = parseConfig(GOOD, "prod");
    if (config.platform !== "aws") throw new Error("not a stack on aws");
    assert.equal(config.aws.protect, true);
    assert.equal(config.aws.network.nat, "perZone");
    assert.deepEqual(config.access.app, ["0.0.0.0/0"]);
    assert.equal(config.aws.hosts.worker.architecture, "amd64");
  });

  it("is accepted with an existing network", () => {
    assert.ok(!(attempt({ ...GOOD, aws: { ...AWS, network: EXISTING } }) instanceof ConfigError));
  });

  it("is refused for an unknown zone, and one of another region", () => {
    refusedFor({ zones: [...ZONES.slice(0, 2), "eu-central-1d"] }, /^swarm-ha:zones\[2\]: got "eu-central-1d"/, /1c/);
    refusedFor(
      { zones: [...ZONES.slice(0, 2), "eu-west-1c"] },
      /fix: it is a zone of eu-west-1: set swarm-ha:aws.region/,
    );
  });

  it("is refused for an unknown region, with the one that was meant", () => {
    refusedFor({ aws: { ...AWS, region: "eu-centrl-1" } }, /^swarm-ha:aws.region: /, /did you mean 'eu-central-1'\?/);
  });

  it("is refused for two zones only", () => {
    refusedFor({ zones: ZONES.slice(0, 2) }, /^swarm-ha:zones: /, /at least 3 different zones for 3 managers/);
  });

  it("is refused for an instance type of another architecture, in a tier and in a pool", () => {
    refusedFor(
      { aws: { ...AWS, hosts: { manager: { instanceType: "m6g.large" } } } },
      /^swarm-ha:aws.hosts.manager.instanceType: got "m6g.large", which is arm64/,
      /write architecture: arm64 beside it/,
    );
    refusedFor(
      { workers: { worker: { count: 3, instanceType: "m6i.large", architecture: "arm64" } } },
      /^swarm-ha:workers.worker.instanceType: got "m6i.large", which is amd64/,
      /such as m6g.large/,
    );
    // The pool's own architecture counts, not the tier's.
    const arm = { instanceType: "m6g.large", architecture: "arm64" };
    assert.ok(!(attempt({ ...GOOD, workers: { worker: { count: 3, ...arm } } }) instanceof ConfigError));
  });

  it("is accepted with an instance type that the table lacks, and warns, with the one that was meant", () => {
    const warned = (workers: Record<string, unknown>): readonly string[] =>
      parseConfig({ ...GOOD, workers }, "x").warnings;
    const [warning, ...more] = warned({ worker: { count: 3, instanceType: "m6i.larg" } });
    assert.match(warning ?? "", /^swarm-ha:workers.worker.instanceType is "m6i.larg", .*did you mean 'm6i.large'\?/);
    assert.deepEqual(more, []);
    assert.deepEqual(warned({ worker: { count: 3, instanceType: "m6i.large" } }), []);
    const hosts = { bastion: { instanceType: "z9.nano" } };
    assert.match(
      parseConfig({ ...GOOD, aws: { ...AWS, hosts } }, "x").warnings.join(),
      /hosts.bastion.instanceType is "z9.nano"/,
    );
    refusedFor(
      { workers: { worker: { count: 3, instanceType: "large" } } },
      /^swarm-ha:workers.worker.instanceType: got "large"/,
    );
  });

  it("is refused for values that were copied from an example", () => {
    refusedFor(
      { aws: { ...AWS, hostedZone: "Z0123456789EXAMPLE" } },
      /^swarm-ha:aws.hostedZone: got the placeholder/,
      /or write none/,
    );
    refusedFor(
      { aws: { ...AWS, accountId: "123456789012" } },
      /^swarm-ha:aws.accountId: got the placeholder "123456789012"/,
    );
    for (const [key, service] of [
      ["alarms", "sns"],
      ["appCertificate", "acm"],
      ["registryCertificate", "acm"],
    ] as const)
      refusedFor(
        { aws: { ...AWS, loadBalancers: { [key]: `arn:aws:${service}:eu-central-1:123456789012:x` } } },
        new RegExp(`^swarm-ha:aws.loadBalancers.${key}: got the placeholder`),
        /leave the key out/,
      );
  });

  it("is accepted with images from a mirror by digest, and refused without one", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const config = parseConfig({ ...GOOD, images: { traefik: `mirror.example.com:5000/a/traefik:v3@${digest}` } }, "x");
    assert.deepEqual(config.images, { traefik: `mirror.example.com:5000/a/traefik:v3@${digest}` });
    refusedFor(
      { images: { registry: "mirror.example.com/registry:3.0.0" } },
      /^swarm-ha:images.registry: /,
      /@sha256:/,
    );
  });

  it("is refused for the world as administrator, whole or in pieces, but not as user", () => {
    for (const range of ["0.0.0.0/0", "128.0.0.0/1"]) {
      refusedFor({ access: { ssh: [range] } }, /^swarm-ha:access.ssh\[0\]: /, /as good as the world/);
      refusedFor(
        { access: { ...GOOD.access, admin: [range] } },
        /^swarm-ha:access.admin\[0\]: /,
        /as good as the world/,
      );
      assert.ok(!(attempt({ ...GOOD, access: { ...GOOD.access, app: [range] } }) instanceof ConfigError));
    }
    const pieces = Array.from({ length: 256 }, (_, i) => `${String(i)}.0.0.0/8`);
    refusedFor({ access: { ssh: pieces } }, /^swarm-ha:access.ssh: got 256 ranges that add up to a \/7 or more/);
    const companies = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24"];
    assert.ok(!(attempt({ ...GOOD, access: { ssh: companies } }) instanceof ConfigError));
    refusedFor(
      { access: { ssh: ["203.0.113.0/24", "203.0.113.0/24"] } },
      /access.ssh\[1\]: .*it is in the list already/,
    );
    refusedFor({ access: { ssh: ["203.0.113.0"] } }, /it has no '\/<prefix length>'/);
  });

  it("is refused for an empty list of ranges where something is public", () => {
    refusedFor({ access: {} }, /^swarm-ha:access.ssh: got \[\]/);
    refusedFor({ aws: { ...AWS, loadBalancers: { manager: "public" } } }, /^swarm-ha:access.admin: got \[\]/);
    assert.ok(!(attempt({ ...GOOD, access: {}, aws: { ...AWS, bastion: { access: "ssm" } } }) instanceof ConfigError));
  });

  it("is refused for a domain that no hosted zone answers for, unless that is said", () => {
    refusedFor({ aws: { region: "eu-central-1" } }, /^swarm-ha:aws.hostedZone: got nothing, while swarm-ha:domain is/);
  });

  it("is refused for ranges that overlap a given VPC", () => {
    refusedFor(
      { aws: { ...AWS, network: EXISTING }, network: { overlay: "172.20.128.0/19" } },
      /^swarm-ha:network.overlay: got "172.20.128.0\/19"/,
      /doesn't overlap the VPC \(swarm-ha:aws.network.vpc.cidr: 172.20.0.0\/16\)/,
    );
  });

  it("is refused for subnets that are missing, outside of the VPC, too small, or that overlap", () => {
    const network = (cidrs: readonly [string, string][]): Record<string, unknown> => ({
      aws: { ...AWS, network: { ...EXISTING, subnets: subnets(cidrs) } },
    });
    const good: [string, string][] = [
      ["172.20.0.0/24", "172.20.10.0/26"],
      ["172.20.1.0/24", "172.20.10.64/26"],
    ];
    refusedFor(network(good), /^swarm-ha:aws.network.subnets.eu-central-1c: got nothing/);
    refusedFor(network([...good, ["172.21.2.0/24", "172.20.10.128/26"]]), /a range inside the VPC/);
    refusedFor(
      network([...good, ["172.20.1.0/25", "172.20.10.128/26"]]),
      /doesn't overlap .*eu-central-1b.private.cidr/,
    );
    refusedFor(network([...good, ["172.20.2.0/24", "172.20.10.128/28"]]), /a subnet of \/27 or larger/);
  });

  it("is refused for half of an existing network", () => {
    const { vpc, subnets: own } = EXISTING;
    refusedFor({ aws: { ...AWS, network: { vpc } } }, /^swarm-ha:aws.network.subnets: got nothing/);
    refusedFor({ aws: { ...AWS, network: { subnets: own } } }, /^swarm-ha:aws.network.vpc: got nothing/);
  });

  it("is refused for a range of hosts that can't be cut into subnets", () => {
    refusedFor({ network: { hosts: "10.1.0.0/22" } }, /^swarm-ha:network.hosts: /, /\/16 to \/21/);
  });

  it("is refused for a retention that CloudWatch hasn't got, and for tags with a reserved name", () => {
    refusedFor({ aws: { ...AWS, network: { flowLogs: 31 } } }, /write flowLogs: 60/);
    refusedFor({ aws: { ...AWS, tags: { "swarm-ha.stack": "x" } } }, /the name is reserved/);
  });
});

describe("a configuration for local", () => {
  it("is refused with what only aws has", () => {
    const outcome = attempt({
      platform: "local",
      aws: AWS,
      access: {},
      images: {},
      workers: { worker: { count: 3, volume: 50 } },
    });
    assert.ok(outcome instanceof ConfigError);
    assert.deepEqual(
      outcome.problems.map(({ key }) => key),
      ["swarm-ha:workers.worker.volume", "swarm-ha:images", "swarm-ha:aws", "swarm-ha:access"],
    );
  });
});

describe("the tables of AWS", () => {
  it("know at least three zones in every region", () => {
    for (const region of REGIONS) assert.ok(zonesOfRegion(region).length >= 3, region);
  });

  it("know every default, with the architecture that it is the default of", () => {
    for (const { amd64, arm64 } of Object.values(AWS_INSTANCES)) {
      assert.equal(architectureOf(amd64), "amd64");
      assert.equal(architectureOf(arm64), "arm64");
    }
  });

  it("agree with the naming of AWS: a 'g' behind the generation is a Graviton", () => {
    for (const type of INSTANCE_TYPES) {
      assert.equal(architectureOf(type), /^[a-z]+\d+g/.test(type) ? "arm64" : "amd64", type);
    }
  });
});
