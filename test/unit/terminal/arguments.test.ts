import assert from "node:assert/strict";
import { readArguments } from "../../../cli/terminal/arguments";

const read = (...args: string[]) =>
  readArguments("usage", { flags: ["write"], values: ["from"], several: ["group"] }, args);

describe("options that may be given several times", () => {
  it("are lists: of repeated options, of values with commas, and empty without any", () => {
    assert.deepEqual(read("rack", "--group", "a=manager", "--group", "b=worker:web,c=registry").group, [
      "a=manager",
      "b=worker:web",
      "c=registry",
    ]);
    assert.deepEqual(read("rack").group, []);
  });

  it("leave the others as they are", () => {
    const { stack, from, write, given } = read("rack", "--from", "a,b", "--write", "--group", "x=y");
    assert.deepEqual({ stack, from, write, given }, { stack: "rack", from: "a,b", write: true, given: ["--write"] });
    assert.throws(() => read("rack", "--groups", "a"), /usage/);
  });
});
