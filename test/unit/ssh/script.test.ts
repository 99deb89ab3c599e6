import assert from "node:assert/strict";
import fc from "fast-check";
import { dataIn, dataText, sent, type Script } from "../../../components/ssh/script";
import { bash } from "../../support/bash";

/** Prints every value as `path NUL value NUL`, in the order of paths. */
const ECHO: Script = {
  step: "echo",
  text: `declare -A given=(); eval "$(cat)"\nfor path in "\${!given[@]}"; do printf '%s\\0%s\\0' "$path" "\${given[$path]}"; done\n`,
};

function received(data: Parameters<typeof dataText>[0]): Record<string, string> {
  const { code, stdout, stderr } = bash(sent(ECHO), { input: ECHO.text + dataText(data) });
  assert.equal(code, 0, stderr);
  const words = stdout.split("\0").slice(0, -1);
  return Object.fromEntries(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? ""]] : [])));
}

describe("a step's standard input", () => {
  it("brings objects as paths, and lists as lines", () => {
    const data = {
      name: "a",
      count: 3,
      drained: false,
      client: { key: "k", inner: { x: "y" } },
      managers: ["b 1", "c 2"],
    };
    const expected = {
      name: "a",
      count: "3",
      drained: "false",
      "client.key": "k",
      "client.inner.x": "y",
      managers: "b 1\nc 2",
    };
    assert.deepEqual(received(data), expected);
  });

  const text = fc.oneof(
    fc.string().map((any) => any.replaceAll("\0", "")),
    fc.constantFrom(
      "'",
      "$(exit 3)",
      "`exit 3`",
      "\\",
      "');exit 3;('",
      "${HOME}",
      "a\nb",
      "ü€𝄞",
      "*",
      "-n",
      "['a']='b'",
    ),
  );

  it("brings any text as it is, and runs none of it", function () {
    this.timeout(30_000);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
        const data = Object.fromEntries(texts.map((one, i) => [`v${i}`, one]));
        assert.deepEqual(received(data), data);
      }),
      { numRuns: 40 },
    );
  });

  it("is read back as it was written, also after another text", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (pairs) => {
        const data = Object.fromEntries(pairs.map(([key, value], i) => [`v${i}.${key}`, value]));
        for (const written of [dataText(data), `12\ngiven=()\n${dataText(data)}`]) {
          assert.deepEqual(dataIn(written), Object.entries(data));
        }
      }),
    );
    assert.deepEqual(dataIn(dataText({ client: { key: "k" }, count: 3, all: ["a", "b"] })), [
      ["client.key", "k"],
      ["count", "3"],
      ["all", "a\nb"],
    ]);
  });
});
