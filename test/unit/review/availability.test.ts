import assert from "node:assert/strict";
import fc from "fast-check";
import { hostsOf } from "../../../cli/review/instances";
import { reviewOf } from "../../../cli/review/review";
import { afterZoneLoss, worstZoneLoss } from "../../../cli/review/zones";
import { host, hosts, instance, preview, step, times } from "./support";

const hostsIn = (steps: Record<string, unknown>[]) => hostsOf(preview(steps).changes);

describe("what is left when a zone is lost", () => {
  it("is said for the worst zone of each tier", () => {
    const steps = [
      ...hosts("manager", times(3, "unchanged")),
      ...hosts("registry", times(3, "unchanged")),
      ...hosts("worker", [...times(3, "unchanged"), "added"]),
    ];
    assert.equal(
      afterZoneLoss(hostsIn(steps)),
      "After this, losing any one zone leaves 2 of 3 managers (the quorum holds), 2 of 3 registries, 50 % of workers.",
    );
  });

  it("counts what comes, not what goes, and says when the quorum is lost", () => {
    const steps = [host("manager-1", "a"), host("manager-2", "b", "removed"), host("manager-3", "a", "added")];
    assert.match(
      afterZoneLoss(hostsIn(steps)),
      /leaves 0 of 2 managers \(\*\*the quorum is lost\*\*\), 0 of 0 registries, 0 %/,
    );
    assert.equal(afterZoneLoss(hostsIn([host("worker-1", "a")])), "After this there is no swarm.");
  });

  it("is a share that is rounded, and names a pool that goes as a whole", () => {
    const workers = [...hosts("worker", times(3, "unchanged")), host("gpu-1", "zone-b"), host("gpu-2", "zone-b")];
    assert.match(
      afterZoneLoss(hostsIn([...hosts("manager", times(3, "unchanged")), ...hosts("worker", times(3, "added"))])),
      /67 % of workers\.$/,
    );
    assert.match(
      afterZoneLoss(hostsIn([...hosts("manager", times(3, "unchanged")), ...workers])),
      /40 % of workers\. With zone-b, all of gpu is lost\.$/,
    );
  });

  it("is what is left after taking the fullest zone, and any other zone leaves as much or more", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c")), (zones) => {
        const { of, left } = worstZoneLoss(zones.map((zone) => ({ zone })));
        assert.equal(of, zones.length);
        const leftWithout = ["a", "b", "c"].map((lost) => zones.filter((zone) => zone !== lost).length);
        assert.equal(left, Math.min(...leftWithout));
      }),
    );
  });
});

describe("what happens to a tier", () => {
  const tiers = (steps: Record<string, unknown>[]) => reviewOf(preview(steps)).tiers;
  const of = (name: string, steps: Record<string, unknown>[]) =>
    tiers(steps).find((tier) => tier.name === name)?.sentences ?? [];
  const again = (name: string) =>
    step("command:remote:Command", name, { op: "update", more: { diffReasons: ["stdin"] } });

  it("is said of registries and of each pool of workers", () => {
    const [managers, registries, gpu, worker] = tiers([
      ...hosts("registry", ["replaced", "unchanged", "unchanged"]),
      ...hosts("worker", ["unchanged", "replaced", "unchanged", "removed", "added"]),
      ...hosts("gpu", ["replaced", "replaced"]),
    ]);
    assert.deepEqual([managers?.before, managers?.sentences], [0, []]);
    assert.deepEqual(registries?.sentences, ["replaces registry-1: 2 replicas answer meanwhile"]);
    assert.deepEqual(gpu, {
      name: "workers: gpu",
      before: 2,
      after: 2,
      sentences: ["drains and replaces gpu-1, gpu-2 in batches: each batch waits until the one before serves again"],
    });
    assert.deepEqual(worker?.sentences, [
      "adds worker-5: no task moves",
      "drains and replaces worker-2: 50 % of the pool take tasks meanwhile",
      "drains and removes worker-4: their tasks run elsewhere first",
    ]);
  });

  it("is said of a host that changes in place, with what makes it", () => {
    const [managers] = tiers([{ ...host("manager-1", "a", "updated"), diffReasons: ["tags", "files"] }]);
    assert.deepEqual(managers?.sentences, ["changes manager-1 in place (files, tags)"]);
  });

  it("is said of registries and pools of which none stays", () => {
    assert.deepEqual(of("registries", hosts("registry", times(3, "replaced"))), [
      "replaces registry-1, registry-2, registry-3 in batches: each batch waits until the one before serves again",
    ]);
    assert.deepEqual(of("registries", hosts("registry", ["unchanged", "removed", "removed"])), [
      "removes registry-2, registry-3: 1 replica stays",
    ]);
    assert.deepEqual(of("registries", hosts("registry", ["removed"])), [
      "removes registry-1: no replica is left, pushes and pulls fail",
    ]);
    assert.deepEqual(of("workers: gpu", hosts("gpu", ["removed", "removed"])), [
      "drains and removes gpu-1, gpu-2: tasks that only this pool may run have no node",
    ]);
  });

  it("is said of steps that run again, as for new certificates", () => {
    const steps = [
      ...hosts("manager", times(3, "unchanged")),
      ...hosts("registry", times(3, "unchanged")),
      ...hosts("worker", times(3, "unchanged")),
      ...["prepare-manager-1", "prepare-manager-2", "stack-registry", "stack-ingress"].map(again),
    ];
    assert.deepEqual(of("managers", steps), [
      "sets up manager-1, manager-2 again in place: settings and certificates are reloaded, no Docker engine restarts",
    ]);
    assert.deepEqual(of("registries", steps), [
      "deploys the registry again: a rolling update, one replica after the other",
    ]);
    assert.deepEqual(of("ingress", steps), [
      "deploys it again: a rolling update, one worker after the other, each out of the load balancer first",
    ]);
    // What is replaced is set up by being made.
    const replaced = [...hosts("manager", ["unchanged", "replaced", "unchanged"]), again("prepare-manager-2")];
    assert.deepEqual(of("managers", replaced), ["replaces manager-2: quorum 3 → 2 → 3, tolerates 0 losses meanwhile"]);
  });

  it("is said of the bastion and the load balancers, and nothing where nothing happens", () => {
    const rest = hosts("manager", times(3, "unchanged"));
    assert.deepEqual(of("bastion", [...rest, instance("bastion", "bastion", "zone-a", "replaced")]), [
      "replaces it: no step, status or repair runs meanwhile; the swarm and its applications keep running",
    ]);
    const broken = "its connections break, and new ones fail until its successor answers";
    assert.deepEqual(of("load balancers", [...rest, instance("lb-app", "load-balancer", "all", "replaced")]), [
      `replaces lb-app: ${broken}`,
    ]);
    const cloud = (op: string) => [
      ...rest,
      step("aws:lb/loadBalancer:LoadBalancer", "lb-app", { op }),
      step("aws:lb/listener:Listener", "lb-app-443", { op: "replace" }),
    ];
    assert.deepEqual(of("load balancers", cloud("replace")), [`replaces lb-app: ${broken}`]);
    assert.deepEqual(of("load balancers", cloud("same")), [
      "recreates or removes lb-app-443: connections through it break",
    ]);
    const quiet = [...rest, instance("bastion", "bastion", "zone-a", "unchanged")];
    assert.deepEqual(
      tiers(quiet).map(({ name }) => name),
      ["managers", "registries"],
    );
  });

  it("lists seven names, and counts the rest", () => {
    const [, , worker] = tiers(hosts("worker", [...times(3, "unchanged"), ...times(100, "added")]));
    assert.deepEqual(worker?.sentences, [
      "adds worker-4, worker-5, worker-6, worker-7, worker-8, worker-9, worker-10 and 93 more: no task moves",
    ]);
  });
});
