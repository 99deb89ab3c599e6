import assert from "node:assert/strict";
import { reviewPorts } from "../../../cli/review/ports";
import { reviewOf } from "../../../cli/review/review";
import { host, hosts, preview, step, times, type StepOptions } from "./support";

const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const KEY = "tls:index/privateKey:PrivateKey";
const rule = (name: string, op: string, inputs: Record<string, unknown>, to: string, from?: string, old = inputs) =>
  step(RULE, name, {
    op,
    inputs: { ipProtocol: "tcp", ...inputs },
    old: { ipProtocol: "tcp", ...old },
    references: {
      securityGroupId: [to],
      ...(from === undefined ? {} : { referencedSecurityGroupId: [from] }),
    },
  });
const ssh = (range: string) => ({ cidrIpv4: range, fromPort: 22, toPort: 22 });

describe("ports", () => {
  const ports = (...steps: Record<string, unknown>[]) => reviewPorts(preview(steps).changes);

  it("are opened and closed, by range and by group", () => {
    const review = ports(
      rule("a", "create", ssh("203.0.113.0/24"), "bastion"),
      rule("b", "delete", { fromPort: 2377, toPort: 2377 }, "manager", "node"),
      rule("c", "same", { fromPort: 7946, toPort: 7946 }, "node", "node"),
    );
    assert.deepEqual(review.opened, [{ from: "203.0.113.0/24", to: "bastion", protocol: "tcp", port: "22" }]);
    assert.deepEqual(review.closed, [{ from: "node", to: "manager", protocol: "tcp", port: "2377" }]);
  });

  it("are named by what is known of their ends", () => {
    const inline = {
      protocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrBlocks: ["203.0.113.0/24"],
      securityGroups: ["sg-1"],
    };
    const byId = { securityGroupId: "sg-0123", referencedSecurityGroupId: "sg-4567", fromPort: 22, toPort: 22 };
    const review = ports(
      step("aws:ec2/securityGroup:SecurityGroup", "own", { op: "create", inputs: { ingress: [inline] } }),
      step(RULE, "ids", { op: "create", inputs: { ipProtocol: "tcp", ...byId } }),
      step(RULE, "none", { op: "create", inputs: { ipProtocol: "tcp", fromPort: 22, toPort: 22 } }),
    );
    assert.deepEqual(
      review.opened.map(({ from, to }) => `${from} ${to}`),
      ["203.0.113.0/24 own", "sg-1 own", "sg-4567 sg-0123", "unknown unknown"],
    );
  });

  it("are opened outwards, too, to ranges and prefix lists; a group at the other end opens its own", () => {
    const out = (name: string, inputs: Record<string, unknown>, references: Record<string, string[]> = {}) =>
      step("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", name, {
        op: "create",
        inputs: { ipProtocol: "tcp", ...inputs },
        references: { securityGroupId: ["node"], ...references },
      });
    const review = ports(
      out("a", { cidrIpv4: "0.0.0.0/0", fromPort: 5432, toPort: 5432 }),
      out("b", { prefixListId: UNKNOWN_TEXT, fromPort: 443, toPort: 443 }, { prefixListId: ["s3"] }),
      out("c", { referencedSecurityGroupId: "sg-1", fromPort: 2377, toPort: 2377 }),
    );
    assert.deepEqual(
      review.opened.map(({ from, to, port }) => [from, to, port]),
      [
        ["node", "0.0.0.0/0", "5432"],
        ["node", "s3", "443"],
      ],
    );
    assert.deepEqual(review.world, []);
  });

  it("stay as they are when a rule is recreated", () => {
    const review = ports(
      rule("old", "delete", ssh("203.0.113.0/24"), "bastion"),
      rule("new", "create", ssh("203.0.113.0/24"), "bastion"),
      rule("same", "replace", ssh("198.51.100.0/24"), "bastion"),
    );
    assert.deepEqual([review.opened, review.closed], [[], []]);
  });

  it("of this workstation are those that a local stack publishes", () => {
    const published = (ports: string[], old: string[]): StepOptions => ({
      op: "update",
      inputs: { ports },
      old: { ports: old },
    });
    const review = ports(
      step("pulumi-nodejs:dynamic/swarm-ha:Container", "lb-app", published(["1080:80", "5000:5000"], ["80:80"])),
    );
    assert.deepEqual(
      review.opened.map(({ port }) => port),
      ["1080→80", "5000"],
    );
    assert.deepEqual(
      review.closed.map(({ port }) => port),
      ["80"],
    );
  });

  it("for administrators are never the world's, whole, in halves, or within a span of ports", () => {
    const worlds = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"].map((range) =>
      rule(range, "create", ssh(range), "bastion"),
    );
    assert.equal(ports(...worlds).world.length, 3);
    assert.equal(
      ports(rule("v6", "create", { cidrIpv6: "::/0", fromPort: 2376, toPort: 2376 }, "lb-manager")).world.length,
      1,
    );
    assert.equal(
      ports(rule("span", "create", { cidrIpv4: "0.0.0.0/0", fromPort: 80, toPort: 443 }, "lb-app")).world.length,
      1,
    );
    assert.equal(
      ports(rule("any", "create", { cidrIpv4: "0.0.0.0/0", ipProtocol: "-1" }, "node")).world[0]?.port,
      "all",
    );
    assert.equal(
      ports(rule("app", "create", { cidrIpv4: "0.0.0.0/0", fromPort: 443, toPort: 443 }, "lb-app")).world.length,
      0,
    );
  });

  it("are the world's where rules open them to it together, each to a part, in spans that overlap", () => {
    const part = (range: string, fromPort: number, toPort: number, to = "bastion", op = "create") =>
      rule(`${range}-${to}`, op, { cidrIpv4: range, fromPort, toPort }, to);
    const world = (...steps: Record<string, unknown>[]) => ports(...steps).world.map(({ from, to }) => `${from} ${to}`);
    const [low, high] = ["10.0.0.0/8", "11.0.0.0/8"] as const;
    assert.deepEqual(world(part(low, 22, 22), part(high, 22, 22)), [`${low} bastion`, `${high} bastion`]);
    assert.deepEqual(world(part(low, 20, 30), part(high, 25, 40)), [`${low} bastion`, `${high} bastion`]);
    assert.deepEqual(world(part(low, 22, 22, "bastion", "same"), part(high, 22, 22)), [`${high} bastion`]);
    assert.deepEqual(world(part(low, 22, 22), part(high, 2376, 2376)), []);
    assert.deepEqual(world(part(low, 22, 22), part(high, 22, 22, "lb-manager")), []);
    assert.deepEqual(world(part(low, 443, 443), part(high, 443, 443)), []);
  });
});

describe("dangers", () => {
  const dangers = (steps: Record<string, unknown>[], acknowledge: string[] = []) =>
    reviewOf(preview(steps, { "swarm-ha:acknowledge": JSON.stringify(acknowledge) })).dangers;
  const found = (...steps: Record<string, unknown>[]) => dangers(steps).found.map(({ name }) => name);

  it("are none in a new stack, in one more worker, or in one manager replaced", () => {
    const rest = [...hosts("registry", times(3, "unchanged")), ...hosts("worker", [...times(3, "unchanged"), "added"])];
    assert.deepEqual(found(...hosts("manager", times(3, "added")), step(KEY, "ca-key", { op: "create" })), []);
    assert.deepEqual(found(...hosts("manager", ["unchanged", "replaced", "unchanged"]), ...rest), []);
  });

  it("are more than one manager replaced, a quorum at risk, state deleted, and the world let in", () => {
    assert.deepEqual(found(...hosts("manager", ["replaced", "replaced", "unchanged"])), ["replaces-managers"]);
    assert.deepEqual(found(...hosts("manager", ["unchanged", "removed", "removed"])), ["quorum-at-risk"]);
    assert.deepEqual(found(step("aws:s3/bucket:Bucket", "registry", { op: "delete" })), ["deletes-state"]);
    assert.deepEqual(found(rule("x", "create", ssh("0.0.0.0/0"), "bastion")), ["opens-to-world"]);
  });

  it("are a whole pool or all registries replaced or removed, also where another pool takes its place", () => {
    const reasons = (...steps: Record<string, unknown>[]) =>
      dangers(steps).found.flatMap((danger) => (danger.name === "tier-unavailable" ? danger.reasons : []));
    const [pool = "", registry = "", ...more] = reasons(
      ...hosts("registry", times(3, "replaced")),
      ...hosts("worker", times(3, "replaced")),
      ...hosts("gpu", ["replaced", "unchanged"]),
    ).sort();
    assert.deepEqual(more, []);
    assert.match(registry, /^all workers of the pool worker .*worker-1, worker-2, worker-3.* in batches/);
    assert.match(pool, /^all registry hosts .* in batches/);
    assert.match(reasons(host("registry-1", "a", "replaced")).join(), /there is only one, and none serves meanwhile/);
    // Renamed.
    const [renamed = ""] = reasons(...hosts("worker", times(3, "removed")), ...hosts("web", times(3, "added")));
    assert.match(renamed, /^all workers of the pool worker .* removed, after the other workers serve/);
    assert.match(reasons(...hosts("worker", times(2, "removed"))).join(), /no worker is left/);
    assert.match(reasons(...hosts("registry", ["removed"])).join(), /nothing can be pushed or pulled/);
    assert.deepEqual(reasons(...hosts("worker", ["replaced", "replaced", "unchanged"])), []);
    const all = hosts("worker", times(3, "replaced"));
    assert.ok(dangers(all, ["tier-unavailable"]).found.every(({ acknowledged }) => acknowledged));
  });

  it("are keys that others trust, and not those that are removed with their instance", () => {
    assert.deepEqual(found(step(KEY, "ca-key", { op: "replace" })), ["deletes-state"]);
    assert.deepEqual(
      found(
        step(KEY, "ssh-host-worker-3", { op: "delete" }),
        ...hosts("worker", ["unchanged", "unchanged", "removed"]),
      ),
      [],
    );
    assert.deepEqual(found(step(KEY, "server-manager-3-key", { op: "delete" })), []);
    assert.deepEqual(found(step(KEY, "ssh-host-worker-3", { op: "delete" }), host("worker-3", "a")), ["deletes-state"]);
  });

  it("are data that loses its protection", () => {
    const bucket = { op: "update", protectedBefore: true, protect: false };
    assert.deepEqual(found(step("aws:s3/bucket:Bucket", "registry", bucket)), ["deletes-state"]);
  });

  it("are new data that nothing protects, where the stack isn't there to be thrown away", () => {
    const bucket = (protect: boolean) => step("aws:s3/bucket:Bucket", "registry", { op: "create", protect });
    const of = (aws: string, protect: boolean) =>
      reviewOf(preview([bucket(protect)], { "swarm-ha:aws": aws })).dangers.found.map(({ name }) => name);
    assert.deepEqual(of('{"region":"eu-central-1"}', false), ["deletes-state"]);
    assert.deepEqual(of('{"protect":true}', true), []);
    assert.deepEqual(of('{"protect":false}', false), []);
    assert.deepEqual(of("[secret]", false), ["deletes-state"]);
  });

  it("are data of a stack that is declared throwaway from now on", () => {
    const bucket = step("aws:s3/bucket:Bucket", "registry", { op: "update", protectedBefore: true, protect: false });
    const { found } = reviewOf(preview([bucket], { "swarm-ha:aws": '{"protect":false}' })).dangers;
    assert.deepEqual(
      found.map(({ name, reasons }) => [name, reasons]),
      [["deletes-state", ["registry loses its protection: the next update may delete it"]]],
    );
  });

  it("may be acknowledged by name, each for itself, and what is acknowledged in vain is said", () => {
    const steps = [...hosts("manager", ["replaced", "replaced", "unchanged"]), step(KEY, "ca-key", { op: "replace" })];
    const review = dangers(steps, ["replaces-managers", "opens-to-world"]);
    assert.deepEqual(
      review.found.map(({ name, acknowledged }) => [name, acknowledged]),
      [
        ["replaces-managers", true],
        ["deletes-state", false],
      ],
    );
    assert.deepEqual(review.stale, ["opens-to-world"]);
  });
});
