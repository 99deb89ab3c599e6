import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";

describe("an error as the Pulumi SDK prints it", () => {
  it("is inspected to its end, also with a stack on which Node's colours never end", () => {
    const program = `
      const util = require("node:util");
      const error = new Error("x");
      error.stack = "Error: x\\n    at f (/a/node_modules/@pulumi/output.ts:5:1)";
      process.stdout.write(util.inspect(error, { colors: true }) + util.inspect([1], { colors: true }) + util.inspect([1], false, null, true));`;
    const patch = path.join(__dirname, "..", "..", "..", "cli", "inspect.cjs");
    // A loop without an end fails the test in place of stopping all of them.
    const text = execFileSync(process.execPath, ["--require", patch, "-e", program], { timeout: 20_000 }).toString();
    const list = "[ \u001b[33m1\u001b[39m ]";
    assert.equal(text, `Error: x\n    at f (/a/node_modules/@pulumi/output.ts:5:1)${list}${list}`);
  });
});
