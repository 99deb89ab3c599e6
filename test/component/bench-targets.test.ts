import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { BEFORE_STEPS, SWARM } from "../../dev/bench/targets";
import { answer } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

/** All that the program registers for a local stack. */
function program(): Promise<Registered[]> {
  return record(
    () => {
      pulumi.runtime.setAllConfig({ "swarm-ha:platform": "local" });
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- once the mocks are there, and not before
      return require("../../index") as unknown;
    },
    { stack: "unit", preview: false, answer },
  );
}

/** Whether a pattern of `--target` means a URN: `*` stands for anything between colons, `**` for anything. */
function means(pattern: string, urn: string): boolean {
  const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const parts = pattern.split("**").map((part) => part.split("*").map(literal).join("[^:]*"));
  return new RegExp(`^${parts.join(".*")}$`).test(urn);
}

describe("what the benchmark makes of a stack", () => {
  /** By the mocks' URNs, which name the nearest parent's type alone. */
  let resources: ReadonlyMap<string, Registered>;

  /** The Pulumi engine's URN, with the types of all parents. */
  const urnOf = (resource: Registered): string => {
    const types = [resource.type];
    for (let up = resources.get(resource.parent); up !== undefined; up = resources.get(up.parent))
      types.unshift(up.type);
    return `urn:pulumi:unit::swarm-ha::${types.join("$")}::${resource.name}`;
  };

  before(async () => {
    resources = new Map((await program()).map((resource) => [resource.urn, resource]));
  });

  for (const [what, patterns] of Object.entries({ "before the steps": BEFORE_STEPS, "of the swarm": SWARM })) {
    it(`${what} has all that it depends on with it`, () => {
      const isTarget = (resource: Registered): boolean => patterns.some((pattern) => means(pattern, urnOf(resource)));
      const missing = [...resources.values()].filter(isTarget).flatMap(({ name, parent, dependencies }) =>
        [parent, ...dependencies].flatMap((urn) => {
          const other = resources.get(urn);
          return other === undefined || isTarget(other) ? [] : [`${name} → ${urnOf(other)}`];
        }),
      );
      assert.deepEqual(missing, []);
    });
  }

  it("has no pattern that means nothing", () => {
    const urns = [...resources.values()].map(urnOf);
    assert.deepEqual(
      SWARM.filter((pattern) => !urns.some((urn) => means(pattern, urn))),
      [],
    );
  });

  it("is the swarm, without what runs on it", () => {
    const made = [...resources.values()].map(urnOf).filter((urn) => SWARM.some((pattern) => means(pattern, urn)));
    const names = made.map((urn) => urn.split("::").at(-1));
    for (const name of ["init", "node-manager-3", "node-worker-3"]) assert.ok(names.includes(name), name);
    for (const name of ["stack-registry", "stack-ingress"]) assert.ok(!names.includes(name), name);
  });
});
