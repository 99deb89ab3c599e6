import assert from "node:assert/strict";
import fc from "fast-check";
import { withoutSecrets } from "../../../config/load";
import { ConfigError, keyText, pathOf } from "../../../config/problem";
import { hostKey, nine, type StackValues, type Values } from "./hosts/support";
import { attempt } from "./support";

const PLANTED = "hunter2-hunter2";

/** The error of a configuration whose key `hosts` has an encrypted part, as the program logs it. */
function logged(raw: Values, secretKeys: readonly string[] = ["hosts"]): string {
  const outcome = attempt(raw);
  assert.ok(outcome instanceof ConfigError, "it was accepted");
  return withoutSecrets(outcome, secretKeys).message;
}

/** Where people may put a secret. Each of them is refused: for the secret's form, or for something else. */
const PLACES: [string, (values: StackValues) => void][] = [
  ["a private key of another format", ({ hosts }) => (hosts.ssh["privateKey"] = PLANTED)],
  ["a password of two lines", ({ hosts }) => (hosts.ssh["sudoPassword"] = `${PLANTED}\nx`)],
  ["a password that isn't a text", ({ hosts }) => (hosts.ssh["sudoPassword"] = [PLANTED])],
  ["a host's own password", ({ hosts }) => Object.assign(hosts.inventory[0] ?? {}, { sudoPassword: `${PLANTED}\n` })],
  [
    "a mapping in place of a label",
    ({ hosts }) => Object.assign(hosts.inventory[0] ?? {}, { labels: { a: { b: PLANTED } } }),
  ],
  ["a mistyped key", ({ hosts }) => (hosts.ssh["privatKey"] = PLANTED)],
  ["a mistyped key with a mapping", ({ hosts }) => (hosts.ssh["secret"] = { of: { mine: PLANTED } })],
  ["a secret in place of a mapping", (values) => (values.hosts = { ...values.hosts, ssh: PLANTED } as never)],
  ["a list in place of a mapping", (values) => (values.hosts = { ...values.hosts, ssh: [PLANTED] } as never)],
  ["everything in place of the mapping", (values) => ((values as Values)["hosts"] = PLANTED)],
  ["a text that is no JSON", (values) => ((values as Values)["hosts"] = `{"ssh":{"privateKey":"${PLANTED}`)],
  [
    "a mapping in place of the inventory",
    ({ hosts }) => ((hosts as Values)["inventory"] = { a: { sudoPassword: PLANTED } }),
  ],
  [
    "the keys of a bucket",
    ({ hosts }) =>
      (hosts.registryStorage = {
        s3: { endpoint: "x", bucket: "b", region: "r", accessKey: `${PLANTED} x`, secretKey: `${PLANTED} y` },
      }),
  ],
  [
    "four hosts with passwords",
    ({ hosts }) =>
      (hosts.loadBalancers.app.hosts = [1, 2, 3, 4].map((n) => ({
        sudoPassword: PLANTED,
        name: `x-${String(n)}`,
        address: `10.0.0.${String(n)}`,
        hostKey: hostKey(n),
      }))),
  ],
  [
    "two passwords for the same host",
    ({ hosts }) => Object.assign(hosts.loadBalancers.app.hosts?.[0] ?? {}, { sudoPassword: PLANTED }),
  ],
];

describe("errors about a configuration with secrets", () => {
  for (const [name, plant] of PLACES) {
    it(`never show ${name}`, () => {
      assert.doesNotMatch(logged(nine(plant)), /hunter2/);
    });
  }

  it("show what isn't a secret, although Pulumi marks the whole key", () => {
    const text = logged(
      nine(({ hosts }) => {
        Object.assign(hosts.inventory[0] ?? {}, { address: "10.0.0.300" });
        hosts.ssh["sudoPassword"] = "";
      }),
    );
    assert.match(text, /inventory\[0\]\.address: got "10\.0\.0\.300"/);
    assert.match(text, /ssh\.sudoPassword: got a secret value/);
  });

  it("hide all of a key in which the schema knows no secret", () => {
    assert.match(logged({ platform: "local", managers: { count: 4 } }, ["managers"]), /count: got a secret value/);
  });

  it("never show a secret, wherever it is", () => {
    const path = fc.array(
      fc.constantFrom(
        "ssh",
        "inventory",
        "bastion",
        "pools",
        "loadBalancers",
        "manager",
        "hosts",
        "privateKey",
        "s3",
        "x",
        "labels",
      ),
      { maxLength: 5 },
    );
    const nested = path.map((keys) => keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), PLANTED));
    fc.assert(
      fc.property(nested, fc.boolean(), (value, text) => {
        const hosts = text ? JSON.stringify(value) : value;
        assert.doesNotMatch(logged({ platform: "hosts", hosts }), /hunter2/);
      }),
      { numRuns: 500 },
    );
  });
});

describe("pathOf", () => {
  it("reads what keyText writes", () => {
    const part = fc.oneof(fc.nat(), fc.string(), fc.constantFrom("a.b", 'x"]', "[0]", "\\"));
    fc.assert(
      fc.property(fc.constantFrom("zones", "hosts"), fc.array(part), (first, rest) => {
        assert.deepEqual(pathOf(keyText([first, ...rest])), [first, ...rest]);
      }),
    );
  });
});
