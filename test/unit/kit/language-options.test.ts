import assert from "node:assert/strict";
import fc from "fast-check";
import { parseOptions, splitWords } from "../../../offline/language-nodejs/options";

describe("kit: runtime options of Pulumi.yaml", () => {
  it("has the official defaults", () => {
    assert.deepEqual(parseOptions({}), { typescript: true, nodeargs: [] });
    assert.deepEqual(parseOptions({ typescript: false, nodeargs: "--require tsx/cjs" }), {
      typescript: false,
      nodeargs: ["--require", "tsx/cjs"],
    });
  });

  it("names an option of the wrong type", () => {
    assert.throws(() => parseOptions({ typescript: "no" }), /typescript option must be a boolean/);
    assert.throws(() => parseOptions({ nodeargs: 1 }), /nodeargs option must be a string/);
  });

  it("splits words as a shell does", () => {
    assert.deepEqual(splitWords(`a  'b c' "d \\" e" f\\ g '' h"i"j`), ["a", "b c", 'd " e', "f g", "", "hij"]);
    assert.throws(() => splitWords("a 'b"), /quote without an end/);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^']*$/)), (words) => {
        assert.deepEqual(splitWords(words.map((word) => `'${word}'`).join(" ")), words);
      }),
    );
  });
});
