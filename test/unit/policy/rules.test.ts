import assert from "node:assert/strict";
import fc from "fast-check";
import { markUnknowns, UNKNOWN, UNKNOWN_MARKS, type Planned } from "../../../policy/planned";
import { RULES } from "../../../policy/rules";
import { address, broken, BUCKET_PARTS, GOOD, ingress, instance, planned, tlsOnly, urn } from "./support";

const EIP = "aws:ec2/eip:Eip";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const { bucket, access, versions, encryption, policy } = BUCKET_PARTS;
const without = (part: Planned) => Object.values(BUCKET_PARTS).filter((one) => one !== part);
const instead = (part: Planned, inputs: Record<string, unknown>) => [...without(part), { ...part, inputs }];
const managers = (...zones: string[]) => zones.map((zone, i) => instance(`manager-${i + 1}`, zone));
const key = Buffer.from("-----BEGIN OPENSSH PRIVATE KEY-----").toString("base64");

/** Stacks with one mistake, by the rule that has to find it. */
const BAD: readonly (readonly [rule: string, what: string, resources: readonly Planned[]])[] = [
  ["no-world-for-administrators", "the world on ssh", [ingress("bastion", { range: "0.0.0.0/0" }, 22)]],
  ["no-world-for-administrators", "half the world on the API", [ingress("lb-manager", { range: "128.0.0.0/1" }, 2376)]],
  [
    "no-world-for-administrators",
    "the world in pieces, each of which might be a network",
    Array.from({ length: 128 }, (_, i) => ingress("bastion", { range: `${2 * i}.0.0.0/8` }, 22)),
  ],
  [
    "nodes-by-group",
    "a range on a manager",
    [instance("manager-1", "a"), ingress("manager", { range: "10.0.0.0/16" }, 2377)],
  ],
  [
    "nodes-by-group",
    "a range on a worker, whatever its group is called",
    [
      instance("worker-1", "a", {}, { references: { vpcSecurityGroupIds: [urn(GROUP, "bastion")] } }),
      ingress("bastion", { range: "203.0.113.0/24" }, 22),
    ],
  ],
  [
    "nodes-by-group",
    "a range on a worker, by the group's id",
    [
      instance("worker-1", "a", { vpcSecurityGroupIds: ["sg-0123"] }, { references: {} }),
      planned("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "x", {
        securityGroupId: "sg-0123",
        cidrIpv4: "203.0.113.0/24",
        ipProtocol: "tcp",
        fromPort: 22,
        toPort: 22,
      }),
    ],
  ],
  [
    "no-all-ports",
    "all ports",
    [
      planned(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "all",
        { ipProtocol: "-1" },
        {
          references: {
            securityGroupId: [urn(GROUP, "node")],
            referencedSecurityGroupId: [urn(GROUP, "node")],
          },
        },
      ),
    ],
  ],
  [
    "no-all-ports",
    "all ports outwards",
    [
      planned(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "all",
        { ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
        { references: { securityGroupId: [urn(GROUP, "node")] } },
      ),
    ],
  ],
  [
    "no-inline-rules",
    "inline rules",
    [planned("aws:ec2/securityGroup:SecurityGroup", "x", { egress: [{ protocol: "tcp" }] })],
  ],
  ["no-public-hosts", "a public worker", [instance("worker-1", "a", { associatePublicIpAddress: true })]],
  ["public-addresses-have-owners", "an address of a worker", address("x", instance("worker-1", "a"))],
  [
    "public-addresses-have-owners",
    "an address of a worker that says it itself",
    [instance("worker-1", "a"), planned(EIP, "x", {}, { references: { instance: [instance("worker-1", "a").urn] } })],
  ],
  [
    "public-addresses-have-owners",
    "an address whose name promises much",
    address("nat-of-the-bastion", instance("bastion-1", "a", { tags: { "swarm-ha.role": "worker" } })),
  ],
  ["public-addresses-have-owners", "an address that nobody has", [planned(EIP, "bastion")]],
  [
    "no-inner-public-subnets",
    "a subnet that gives out addresses",
    [planned("aws:ec2/subnet:Subnet", "a", { mapPublicIpOnLaunch: true })],
  ],
  [
    "imds-v2",
    "version 1",
    [instance("worker-1", "a", { metadataOptions: { httpTokens: "optional", httpPutResponseHopLimit: 1 } })],
  ],
  [
    "imds-v2",
    "two hops",
    [instance("worker-1", "a", { metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 } })],
  ],
  ["imds-v2", "AWS's defaults", [instance("worker-1", "a", { metadataOptions: undefined })]],
  ["encrypted-volumes", "a plain root volume", [instance("worker-1", "a", { rootBlockDevice: {} })]],
  [
    "encrypted-volumes",
    "a plain further volume",
    [instance("worker-1", "a", { ebsBlockDevices: [{ deviceName: "b" }] })],
  ],
  [
    "encrypted-volumes",
    "a volume that stays",
    [instance("worker-1", "a", { rootBlockDevice: { encrypted: true, deleteOnTermination: false } })],
  ],
  ["no-secret-user-data", "a key at first boot", [instance("worker-1", "a", { userDataBase64: key })]],
  [
    "no-secret-user-data",
    "a join token at first boot",
    [instance("worker-1", "a", { userData: "docker swarm join --token SWMTKN-1-abc" })],
  ],
  ["hosts-never-protected", "a protected host", [instance("manager-1", "a", {}, { protect: true })]],
  ["hosts-never-protected", "a host that AWS protects", [instance("manager-1", "a", { disableApiTermination: true })]],
  ["private-buckets", "no block", without(access)],
  ["private-buckets", "half a block", instead(access, { blockPublicAcls: true })],
  ["versioned-buckets", "no versions", without(versions)],
  ["versioned-buckets", "suspended versions", instead(versions, { versioningConfiguration: { status: "Suspended" } })],
  ["encrypted-buckets", "no encryption", without(encryption)],
  ["encrypted-buckets", "no algorithm", instead(encryption, { rules: [{}] })],
  ["buckets-by-tls-only", "no policy", without(policy)],
  [
    "buckets-by-tls-only",
    "a policy for one action",
    instead(policy, { policy: JSON.stringify(tlsOnly("s3:GetObject")) }),
  ],
  ["buckets-by-tls-only", "a policy that is no JSON", instead(policy, { policy: "{" })],
  ["protected-data", "an unprotected bucket", [...without(bucket), { ...bucket, protect: false }]],
  [
    "protected-data",
    "an unprotected bucket that is said to stay",
    [...without(bucket), { ...bucket, inputs: { tags: { "swarm-ha.throwaway": "no" } }, protect: false }],
  ],
  [
    "protected-data",
    "a bucket that goes with all that is in it",
    [...without(bucket), { ...bucket, inputs: { forceDestroy: true } }],
  ],
  ["odd-managers", "four managers", managers("a", "b", "c", "d")],
  ["odd-managers", "nine managers", managers("a", "b", "c", "d", "e", "f", "g", "h", "i")],
  ["zones-keep-majority", "two of three managers in a zone", managers("a", "a", "b")],
];

describe("the policies", () => {
  it("let a stack pass that is as it should be", () => {
    assert.deepEqual(broken(GOOD), []);
  });

  for (const [rule, what, resources] of BAD) {
    it(`${rule} finds ${what}, and nobody else does`, () => {
      assert.deepEqual(broken(resources), [rule]);
    });
  }

  it("are each shown to find something", () => {
    assert.deepEqual([...new Set(BAD.map(([rule]) => rule))].sort(), RULES.map(({ name }) => name).sort());
  });

  it("let data go unprotected that is tagged as there to be thrown away", () => {
    const tags = { "swarm-ha.throwaway": "yes" };
    const loose = [...without(bucket), { ...bucket, protect: false, inputs: { forceDestroy: true, tags } }];
    assert.deepEqual(broken(loose), []);
  });

  it("take the ranges of a company for no world", () => {
    const ranges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24", "203.0.113.0/25"];
    assert.deepEqual(broken(ranges.map((range) => ingress("bastion", { range }, 22))), []);
  });

  it("hold on the local platform, too", () => {
    const instance = (n: number, zone: string) =>
      planned("pulumi-nodejs:dynamic/swarm-ha:Container", `manager-${n}`, {
        labels: { "swarm-ha.role": "manager", "swarm-ha.zone": zone },
      });
    assert.deepEqual(broken([instance(1, "a"), instance(2, "b"), instance(3, "c")]), []);
    assert.deepEqual(broken([instance(1, "a"), instance(2, "a"), instance(3, "c")]), ["zones-keep-majority"]);
  });
});

/** Every path to a value inside another. */
function pathsOf(value: unknown): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner).map((path) => [key, ...path]))];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (key === undefined) return UNKNOWN;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...(value as unknown[])] as never)
    : { ...(value as object) };
  copy[key] = replaced(copy[key], rest);
  return copy;
}

describe("what isn't known yet", () => {
  const open = GOOD.flatMap((resource, i) =>
    pathsOf(resource.inputs)
      .filter((path) => path.length > 0)
      .map((path) => ({ i, path })),
  );

  it("breaks no policy, whatever it is", () => {
    fc.assert(
      fc.property(fc.subarray(open, { minLength: 1, maxLength: 5 }), (unknowns) => {
        const stack = GOOD.map((resource, i) => ({
          ...resource,
          inputs: unknowns
            .filter((one) => one.i === i)
            .sort((a, b) => b.path.length - a.path.length)
            .reduce<unknown>((inputs, { path }) => replaced(inputs, path), resource.inputs) as Record<string, unknown>,
        }));
        assert.deepEqual(broken(stack), []);
      }),
    );
  });

  it("is whose an address is, when nothing tells", () => {
    const [eip, , association] = address("x", instance("worker-1", "a"));
    assert.ok(eip !== undefined && association !== undefined);
    assert.deepEqual(broken([eip, { ...association, references: {} }]), []);
    assert.deepEqual(broken([{ ...eip, inputs: { instance: UNKNOWN } }]), []);
  });

  it("is marked by the engine, at any depth", () => {
    const [mark] = [...UNKNOWN_MARKS];
    assert.deepEqual(markUnknowns({ a: [mark, { b: mark }], c: "d" }), { a: [UNKNOWN, { b: UNKNOWN }], c: "d" });
  });
});
