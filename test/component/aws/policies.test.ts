import assert from "node:assert/strict";
import type { Planned } from "../../../policy/planned";
import { RULES } from "../../../policy/rules";
import { markdown } from "../../../cli/review/markdown";
import { reviewOf, type Review } from "../../../cli/review/review";
import { parseConfig } from "../../../config";
import { planHosts } from "../../../plan/placement";
import { plannedFrom } from "../../support/aws/planned";
import { buildAws, stackValues } from "../../support/aws/stack";

/** The stack as it is, as the rules of the pack judge it. */
function violations(planned: readonly Planned[]): string[] {
  return RULES.flatMap(({ name, check }) =>
    check(planned).map(({ resource, message }) => `${name}: ${resource}: ${message}`),
  );
}

/** The review of the stack's first update. */
function firstReview(planned: readonly Planned[], stack: string): Review {
  const values = stackValues(stack);
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`swarm-ha:${key}`, JSON.stringify(value)]),
  );
  return reviewOf({
    stack,
    config,
    changes: planned.map((after) => ({
      urn: after.urn,
      name: after.name,
      type: after.type,
      kind: "added",
      after,
      reasons: [],
    })),
  });
}

/** Every resource of a stack but those of a kind. */
const without = (planned: readonly Planned[], type: string): Planned[] => planned.filter((one) => one.type !== type);

/** Pack and review know resources by type and property: they have to know those that the platform makes. */
for (const stack of ["prod", "test"] as const) {
  for (const preview of [false, true]) {
    describe(`the policy pack and ${stack} on aws, ${preview ? "in a preview" : "in an update"}`, () => {
      let planned: Planned[];

      before("the program registers its resources", async () => {
        planned = plannedFrom(await buildAws(stack, { preview }));
      });

      it("finds no violation", () => {
        assert.deepEqual(violations(planned), []);
      });

      it("finds what a change would break, by the platform's own resources", () => {
        const mutated = (type: string, change: (inputs: Readonly<Record<string, unknown>>) => object): Planned[] =>
          planned.map((one) =>
            one.type === type ? { ...one, inputs: { ...one.inputs, ...change(one.inputs) } } : one,
          );
        const broken = (changed: readonly Planned[]): string[] => [
          ...new Set(violations(changed).map((text) => text.split(":")[0] ?? "")),
        ];
        const instance = "aws:ec2/instance:Instance";
        const named = (name: string, type: string): Planned => {
          const found = planned.find((one) => one.name === name && one.type === type);
          assert.ok(found !== undefined, name);
          return found;
        };
        const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
        const cases: [string, readonly Planned[]][] = [
          ["imds-v2", mutated(instance, () => ({ metadataOptions: { httpTokens: "optional" } }))],
          ["encrypted-volumes", mutated(instance, () => ({ rootBlockDevice: { volumeSize: 20 } }))],
          ["no-public-hosts", mutated(instance, () => ({ associatePublicIpAddress: true }))],
          ["hosts-never-protected", planned.map((one) => ({ ...one, protect: true }))],
          ["no-world-for-administrators", mutated(ingress, () => ({ cidrIpv4: "0.0.0.0/0" }))],
          ["nodes-by-group", mutated(ingress, () => ({ cidrIpv4: "10.0.0.0/8" }))],
          ["no-all-ports", mutated(ingress, () => ({ ipProtocol: "-1" }))],
          ["no-inner-public-subnets", mutated("aws:ec2/subnet:Subnet", () => ({ mapPublicIpOnLaunch: true }))],
          ["private-buckets", without(planned, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")],
          ["versioned-buckets", without(planned, "aws:s3/bucketVersioning:BucketVersioning")],
          ["buckets-by-tls-only", without(planned, "aws:s3/bucketPolicy:BucketPolicy")],
          [
            "encrypted-buckets",
            without(planned, "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"),
          ],
          [
            "public-addresses-have-owners",
            planned.map((one) =>
              one.type === "aws:ec2/eipAssociation:EipAssociation"
                ? { ...one, references: { ...one.references, instanceId: [named("worker-1", instance).urn] } }
                : one,
            ),
          ],
          ["odd-managers", planned.filter(({ name }) => name !== "manager-2")],
        ];
        for (const [rule, changed] of cases) assert.ok(broken(changed).includes(rule), rule);
        const protectedData = planned.map((one) => ({ ...one, protect: false }));
        assert.equal(broken(protectedData).includes("protected-data"), stack === "prod");
      });
    });

    describe(`the review of ${stack}'s first update on aws, ${preview ? "in a preview" : "in an update"}`, () => {
      const config = parseConfig(stackValues(stack), stack);
      const plan = planHosts(config);
      let review: Review;

      before("the program registers its resources", async () => {
        review = firstReview(plannedFrom(await buildAws(stack, { preview })), stack);
      });

      it("finds no danger in it", () => {
        assert.deepEqual(review.dangers, { found: [], stale: [] });
      });

      it("lists every host with its role, zone and pool, and draws each endpoint once", () => {
        const facts = (host: { name: string; role: string; zone: string; pool: string }): string =>
          [host.name, host.role, host.zone, host.pool].join(" ");
        assert.deepEqual(review.hosts.map(facts).sort(), plan.map(facts).sort());
        const drawn = [...review.picture.matchAll(/\["(bastion|lb-[a-z-]+) \+"\]/g)].map(([, name]) => name);
        const inner = stack === "test" ? ["lb-registry-internal"] : [];
        assert.deepEqual(drawn.sort(), ["bastion", "lb-app", "lb-manager", "lb-registry", ...inner]);
      });

      it("names both ends of every ingress rule", () => {
        assert.ok(review.ports.opened.length > 20);
        for (const rule of review.ports.opened)
          assert.ok(!Object.values(rule).includes("unknown"), JSON.stringify(rule));
      });

      it("lists everything that is billed", () => {
        const whats = review.billed.map(({ what }) => what);
        for (const what of ["NAT gateway", "network load balancer", "public IPv4 address"])
          assert.ok(whats.includes(what), what);
        for (const kind of [/^[a-z0-9]+\.[a-z0-9]+ instance$/, /^gp3 volume of \d+ GiB$/])
          assert.ok(
            whats.some((what) => kind.test(what)),
            String(kind),
          );
        const instances = review.billed.filter(({ what }) => what.endsWith(" instance"));
        // The bastion is no host of the swarm.
        assert.equal(
          instances.reduce((sum, { after }) => sum + after, 0),
          plan.length + 1,
        );
      });

      it("is a page without a hole", () => {
        const page = markdown(review);
        for (const hole of ["undefined", "NaN", "[object", "Symbol("]) assert.ok(!page.includes(hole), hole);
        for (const zone of config.zones) assert.match(page, new RegExp(zone));
      });
    });
  }
}
