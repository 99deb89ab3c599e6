import assert from "node:assert/strict";
import { z } from "zod";
import { parseConfigFor } from "../../../config/parse";
import { PLATFORMS } from "../../../config/platforms";
import type { PlatformDefinition } from "../../../config/platforms/types";
import { ConfigError, keyText, type Problem } from "../../../config/problem";
import type { CommonConfig } from "../../../config/schema/types";
import { planHosts } from "../../../plan/placement";

const word = (what: string): { description: string; allowed: string; fix: string } => ({
  description: what,
  allowed: `a ${what}`,
  fix: `write a ${what}`,
});
const keys = {
  moon: z
    .strictObject({
      crater: z.string().meta(word("crater")),
      ice: z.record(z.string(), z.string()).default({}).meta(word("range of ice for each zone")),
    })
    .meta(word("place on the moon")),
  telescope: z.boolean().default(false).meta(word("telescope")),
};
const poolKeys = { gravity: z.int().min(1).max(9).meta(word("gravity")).optional() };

/** A platform that nobody else has heard of: one entry of the record, with everything that an entry can say. */
const moon: PlatformDefinition<"moon", typeof keys, typeof poolKeys> = {
  where: "the moon",
  hosts: "made of dust",
  keys,
  poolKeys,
  defaults: { domain: "swarm.moon" },
  propagation: ["skip"],
  imagesFrom: "a rocket",
  takenRanges: [{ range: "10.99.0.0/16", by: "the landing module" }],
  keepsHostRange: false,
  stackName: (name) =>
    name === "sun" ? { key: "the stack's name", got: name, allowed: "any but sun", fix: "choose another" } : undefined,
  rules: ({ moon: place, workers = {} }): Problem[] => [
    ...(place?.crater === "none"
      ? [{ key: keyText(["moon", "crater"]), got: "none", allowed: "a crater", fix: "land in one" }]
      : []),
    ...Object.entries(workers).flatMap(([pool, { gravity }]) =>
      gravity === 5 ? [{ key: keyText(["workers", pool, "gravity"]), got: "5", allowed: "less", fix: "float" }] : [],
    ),
  ],
  warnings: ({ moon: { crater }, telescope }) => (telescope ? [] : [`${crater} can't be seen`]),
  zoneRanges: ({ moon: { ice } }) => (Object.keys(ice).length === 0 ? undefined : ice),
};
const ALL = { ...PLATFORMS, moon };

const GOOD = { platform: "moon", zones: ["zone-a", "zone-b", "zone-c"], moon: { crater: "tycho" } };

function accepted(changes: Readonly<Record<string, unknown>> = {}): CommonConfig {
  return parseConfigFor(ALL, { ...GOOD, ...changes }, "test");
}

/** Lines `key: got …; allowed: …` of a configuration that is refused. */
function refused(changes: Readonly<Record<string, unknown>>, stack = "test"): string[] {
  try {
    parseConfigFor(ALL, { ...GOOD, ...changes }, stack);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ key, got, allowed }) => `${key}: got ${got}; allowed: ${allowed}`);
    throw error;
  }
  return [];
}

describe("a platform that is added to the record, and nowhere else", () => {
  it("has its configuration accepted, with its own defaults and warnings beside the common ones", () => {
    const config = accepted();
    assert.equal(config.platform, "moon");
    assert.equal(config.domain, "swarm.moon");
    assert.deepEqual(config.managers, { count: 3 });
    assert.deepEqual(config.warnings, ["tycho can't be seen"]);
    const own = config as unknown as Record<string, unknown>;
    assert.deepEqual(own["moon"], { crater: "tycho", ice: {} });
    assert.equal(own["telescope"], false);
    for (const key of ["local", "aws", "access"]) assert.ok(!(key in config), `it has ${key}`);
    assert.deepEqual(accepted({ telescope: "true", managers: { count: 1 } }).warnings.length, 1);
  });

  it("is among the platforms that there are", () => {
    assert.deepEqual(refused({ platform: "mars" }), [
      'swarm-ha:platform: got "mars"; allowed: local or aws or hosts or moon',
    ]);
  });

  it("has the hosts of the plan, in its own ranges where it has some", () => {
    const config = accepted({ workers: { dust: { count: 2, gravity: 3 } } });
    assert.deepEqual(
      planHosts(config).map(({ name, zone, address }) => [name, zone, address ?? "any"]),
      [
        ["manager-1", "zone-a", "10.210.2.8"],
        ["manager-2", "zone-b", "10.210.4.9"],
        ["manager-3", "zone-c", "10.210.6.10"],
        ["registry-1", "zone-a", "10.210.2.16"],
        ["registry-2", "zone-b", "10.210.4.17"],
        ["registry-3", "zone-c", "10.210.6.18"],
        ["dust-1", "zone-a", "any"],
        ["dust-2", "zone-b", "any"],
      ],
    );
    const ice = { "zone-a": "10.1.0.0/24", "zone-b": "10.2.0.0/24", "zone-c": "10.3.0.0/24" };
    const [first] = planHosts(accepted({ moon: { crater: "tycho", ice } }));
    assert.equal(first?.address, "10.1.0.8");
  });

  it("is held to the common rules", () => {
    assert.match(refused({ managers: { count: 4 } })[0] ?? "", /^swarm-ha:managers\.count: got 4/);
    assert.match(refused({ zones: ["zone-a"] })[0] ?? "", /^swarm-ha:zones: got \["zone-a"\]/);
    assert.deepEqual(refused({ network: { engine: "10.99.0.0/16" } }), [
      'swarm-ha:network.engine: got "10.99.0.0/16"; allowed: a range that doesn\'t overlap 10.99.0.0/16, the landing module',
    ]);
    const acme = { email: "a@example.com", provider: "rocket", propagation: "check" };
    assert.match(refused({ ingress: { acme } })[0] ?? "", /^swarm-ha:ingress\.acme\.propagation: got "check"/);
  });

  it("needs what has no default, and its own rules are asked", () => {
    assert.deepEqual(refused({ zones: undefined, moon: undefined }), [
      "swarm-ha:zones: got nothing; allowed: a list of 1 to 7 names, each once; at least 3 with 3 or more managers",
      "swarm-ha:moon: got nothing; allowed: a place on the moon",
    ]);
    assert.deepEqual(refused({ moon: { crater: "none" } }), ["swarm-ha:moon.crater: got none; allowed: a crater"]);
    assert.deepEqual(refused({ moon: { crater: 5, sea: "" } }), [
      "swarm-ha:moon.crater: got 5; allowed: a crater",
      'swarm-ha:moon.sea: got the unknown key with the value ""; allowed: crater, ice',
    ]);
    assert.deepEqual(refused({ workers: { dust: { count: 3, gravity: 5 } } }), [
      "swarm-ha:workers.dust.gravity: got 5; allowed: less",
    ]);
    assert.deepEqual(refused({}, "sun"), ["the stack's name: got sun; allowed: any but sun"]);
  });

  it("hasn't got the keys of others, and others haven't got its own", () => {
    const foreign = refused({
      local: { ports: { ssh: 22023 } },
      access: { ssh: ["203.0.113.0/24"] },
      images: {},
      workers: { dust: { count: 3, instanceType: "m6i.large" } },
    });
    assert.deepEqual(
      foreign.map((line) => line.replace(/; allowed: .*/, "")),
      [
        'swarm-ha:workers.dust.instanceType: got "m6i.large" on the platform moon',
        "swarm-ha:images: got a value on the platform moon",
        "swarm-ha:local: got a value on the platform moon",
        "swarm-ha:access: got a value on the platform moon",
      ],
    );
    assert.match(foreign[0] ?? "", /allowed: nothing: the hosts of the platform moon are made of dust$/);
    const { zones } = GOOD;
    const lines = refused({ platform: "local", zones, workers: { dust: { count: 3, gravity: 1 } } });
    assert.deepEqual(
      lines.map((line) => line.replace(/; allowed: .*/, "")),
      [
        "swarm-ha:workers.dust.gravity: got 1 on the platform local",
        "swarm-ha:moon: got a value on the platform local",
      ],
    );
  });

  it("can't have a key that another one has: only one schema could hold", () => {
    const other = { ...moon, keys: { aws: z.string() } } as unknown as typeof moon;
    assert.throws(() => parseConfigFor({ ...PLATFORMS, other }, {}, "test"), /aws and other both have the key 'aws'/);
    const pools = { ...moon, keys: {}, poolKeys: { instanceType: z.string() } } as unknown as typeof moon;
    assert.throws(() => parseConfigFor({ ...PLATFORMS, pools }, {}, "test"), /both have the key 'instanceType'/);
  });
});
