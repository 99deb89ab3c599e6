import assert from "node:assert/strict";
import fc from "fast-check";
import { violations } from "../../../offline/aws/rules";
import { violationsAcross } from "../../../offline/aws/rules/across";
import { missingDependencies, REQUIRED } from "../../../offline/aws/rules/dependencies";
import { AWS_TYPES } from "../../../offline/aws/types";
import { ConfigError, parseConfig, type StackConfig } from "../../../config";
import { awsValues, stackName } from "../../support/aws/arbitraries";
import { buildAws, registeredBy } from "../../support/aws/stack";
import type { Registered } from "../../support/recording-mocks";

/** Generated configurations; each takes about a quarter of a second of processor time. */
const RUNS = 200;

/** Ids as AWS makes them: those of the mocks have brackets. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\b([A-Z]\w*)\(([^()]*)\)/g, "$1-$2");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The provider's own tags on everything that has tags. */
function withDefaultTags(inputs: Record<string, unknown>, tags: Record<string, string>): Record<string, unknown> {
  return inputs["tags"] === undefined ? inputs : { ...inputs, tags: { ...tags, ...inputs["tags"] } };
}

/** What AWS refuses of a program, a line for each. */
function refusals(resources: readonly Registered[]): string[] {
  const provider = resources.find(({ type }) => type === "pulumi:providers:aws");
  const { tags } = JSON.parse(String(provider?.inputs["defaultTags"])) as { tags: Record<string, string> };
  const own = resources.filter(({ type }) => type.startsWith("aws:"));
  assert.ok(own.length > 50);
  const single = own.flatMap(({ type, name, inputs }) =>
    violations(type, withDefaultTags(plain(inputs) as Record<string, unknown>, tags), name).map(
      ({ property, value, rule }) => `${type} ${name}: ${property}: got ${value}; a value that ${rule}`,
    ),
  );
  const across = violationsAcross(own).map(
    ({ resource, property, value, rule }) => `${resource}: ${property}: got ${value}; ${rule}`,
  );
  const missing = missingDependencies(resources).map(
    ({ resource, needs, why }) => `${resource} doesn't wait for ${needs}: ${why}`,
  );
  return [...single, ...across, ...missing];
}

describe("AWS's rules", () => {
  for (const stack of ["prod", "test"])
    it(`refuse nothing of ${stack}`, async () => {
      assert.deepEqual(refusals(await buildAws(stack)), []);
    });

  it(`refuse nothing of ${String(RUNS)} generated stacks`, async function () {
    this.timeout(900_000);
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(stackName, awsValues, async (stack, values) => {
        const config = attempt(stack, values);
        if (config === undefined) return;
        accepted++;
        assert.deepEqual(refusals(await registeredBy(config)), []);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(accepted > RUNS * 0.8, `${String(accepted)} of ${String(RUNS)} were accepted by our own rules`);
  });

  it("know every type that the program uses", async () => {
    const resources = (await buildAws("prod")).filter(({ type }) => type.startsWith("aws:"));
    const used = new Set(resources.map(({ type }) => type.replace(/^aws:/, "")));
    for (const type of Object.keys(AWS_TYPES)) used.delete(type);
    assert.deepEqual([...used], []);
    for (const { type } of REQUIRED) assert.ok(AWS_TYPES[type] !== undefined, type);
  });

  it("find a dependency that is taken away", async () => {
    const resources = await buildAws("prod");
    const route = resources.find(({ type, name }) => type === "aws:ec2/route:Route" && name === "public");
    assert.ok(route !== undefined);
    const without = resources.map((one) => ({
      ...one,
      dependencies:
        one.type === "aws:lb/loadBalancer:LoadBalancer"
          ? one.dependencies.filter((urn) => urn !== route.urn)
          : one.dependencies,
    }));
    assert.deepEqual(
      missingDependencies(without).map(({ resource, needs }) => `${resource} <- ${needs}`),
      ["LoadBalancer lb-app <- Route public"],
    );
  });
});

/** The configuration, where our own rules accept it. */
function attempt(stack: string, values: Record<string, unknown>): StackConfig | undefined {
  try {
    return parseConfig(values, stack);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
