import assert from "node:assert/strict";
import { evaluate } from "../../../cli/cluster/evaluate";
import { planRepair } from "../../../cli/operations/plan-repair";
import { makeMissing } from "../../../cli/operations/make-missing";
import { servicesIn } from "../../../cli/cluster/services";
import { FakeCluster } from "../operations/fake-cluster";
import { found, nodesOf, wanted } from "./support";

const STEP = "urn:pulumi:local::swarm-ha::command:remote:Command::stack-registry";
const INGRESS = "urn:pulumi:local::swarm-ha::command:remote:Command::stack-ingress";
const desired = {
  ...wanted(),
  services: [
    { step: STEP, names: ["swarm-ha-registry_registry"] },
    { step: INGRESS, names: ["swarm-ha-ingress_ping", "swarm-ha-ingress_traefik"] },
  ],
};
const ALL = ["swarm-ha-registry_registry", "swarm-ha-ingress_ping", "swarm-ha-ingress_traefik", "shop_web"];
const look = (services: string[]) =>
  evaluate(
    desired,
    found(desired, nodesOf(desired), {
      services,
      registry: services.includes("swarm-ha-registry_registry")
        ? { readOnly: false, replicas: replicas("registry") }
        : { error: "HTTP 404: service swarm-ha-registry_registry not found" },
      ingress: { ping: services.filter((name) => name === "swarm-ha-ingress_ping"), replicas: replicas("worker") },
    }),
  );
const replicas = (role: string) =>
  Object.fromEntries(
    desired.nodes
      .filter((node) => node.role === role)
      .map(({ name }) => [`id-${name}`, { state: "running", error: "" }]),
  );

describe("the services of the stack's own", () => {
  it("are what the steps that deploy them have printed", () => {
    const resource = (name: string, stdout: unknown) => ({
      urn: `urn:pulumi:local::swarm-ha::command:remote:Command::${name}`,
      type: "command:remote:Command",
      outputs: { stdout },
    });
    const resources = [
      resource("stack-registry", '{"services":["swarm-ha-registry_registry"]}'),
      resource("stack-ingress", ""),
      resource("prepare-worker-1", '{"services":["no"]}'),
    ];
    assert.deepEqual(servicesIn({ deployment: { resources } }), [
      { step: STEP, names: ["swarm-ha-registry_registry"] },
    ]);
  });

  it("are a problem each when they are gone, one line, whose remedy is a repair that deploys them again", () => {
    assert.deepEqual(look(ALL).status.problems, []);
    for (const [name, step] of [
      ["swarm-ha-registry_registry", STEP],
      ["swarm-ha-ingress_traefik", INGRESS],
      ["swarm-ha-ingress_ping", INGRESS],
    ] as const) {
      const seen = look(ALL.filter((one) => one !== name));
      assert.equal(seen.problems.length, 1, seen.status.problems.join("\n"));
      assert.match(
        seen.status.problems[0] ?? "",
        new RegExp(`^The service ${name} is gone: .*: npm run repair -- local$`),
      );
      const plan = planRepair({ desired, evaluation: seen, others: [], tried: new Set() });
      assert.deepEqual(plan.steps, [
        { kind: "up", names: [step.split("::").at(-1)], why: "what it deployed or set has changed", redo: [step] },
      ]);
      const cluster = new FakeCluster();
      const start = makeMissing(cluster, { evaluation: seen, gone: [] });
      const { steps } = start.plan({ stack: { ...cluster.now(), desired }, evaluation: seen, facts: {} }, []);
      assert.deepEqual(
        steps.map(({ action }) => action),
        plan.steps,
      );
    }
  });
});
