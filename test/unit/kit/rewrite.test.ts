import assert from "node:assert/strict";
import type { RunResult } from "../../../cli/pulumi/exec";
import { markState } from "../../../cli/pulumi/redo";
import { rewriteWith } from "../../../cli/pulumi/rewrite";

describe("a state that is rewritten", () => {
  const which = { stack: "local", finish: "npm run finish" };
  /** The state, as the backend has it. */
  let state: string;
  /** The commands that ran. */
  let ran: string[];
  /** What another run does after each command. */
  let meanwhile: () => void;

  beforeEach(() => {
    [state, ran, meanwhile] = [at(1), [], () => undefined];
  });

  /** A state as it was written at a time. */
  function at(time: number, value = "old"): string {
    return JSON.stringify({ deployment: { manifest: { time }, value } });
  }
  const run = (args: readonly string[], input?: string): Promise<RunResult> => {
    ran.push(args.join(" "));
    const stdout = args[1] === "export" ? state : "";
    if (args[1] === "import") state = input ?? "";
    meanwhile();
    return Promise.resolve({ code: 0, stdout, stderr: "" });
  };
  const change = (exported: unknown): unknown => {
    const { deployment } = exported as { deployment: object };
    return { deployment: { ...deployment, value: "new" } };
  };

  it("is read again directly before it is written", async () => {
    await rewriteWith(run, which, change);
    assert.deepEqual(ran, ["stack export --show-secrets", "stack export --show-secrets", "stack import"]);
    assert.equal(state, at(1, "new"));
  });

  it("stays as another run has written it meanwhile, also with the same values", async () => {
    for (const other of [at(2), at(2, "another"), at(1, "another")]) {
      [state, ran] = [at(1), []];
      meanwhile = () => {
        state = other;
      };
      await assert.rejects(rewriteWith(run, which, change), /'local' wasn't written: another run/);
      assert.equal(state, other);
      assert.ok(!ran.includes("stack import"));
    }
  });

  it("stays when an up was interrupted: the import would forget what that had begun", async () => {
    state = JSON.stringify({ deployment: { pending_operations: [{ type: "creating", resource: { urn: "urn::x" } }] } });
    await assert.rejects(
      rewriteWith(run, which, change),
      /of the stack local was interrupted. Finish it: npm run finish$/,
    );
    assert.deepEqual(ran, ["stack export --show-secrets"]);
  });

  it("stays when the change is refused, or it can't be read; an import that fails is an error", async () => {
    const refused = (): never => {
      throw new Error("refused");
    };
    await assert.rejects(rewriteWith(run, which, refused), /refused/);
    assert.deepEqual(ran, ["stack export --show-secrets"]);
    for (const [failing, message] of [
      ["export", /can't be read: locked/],
      ["import", /can't be written: locked/],
    ] as const) {
      const failed = (args: readonly string[], input?: string): Promise<RunResult> =>
        args[1] === failing ? Promise.resolve({ code: 1, stdout: "", stderr: "locked\n" }) : run(args, input);
      await assert.rejects(rewriteWith(failed, which, change), message);
      assert.equal(state, at(1));
    }
  });

  it("stays as another run has written it meanwhile, also where steps are marked", async () => {
    const urn = "urn::step";
    const choose = () => ({ replace: [], update: [urn] });
    const marking = (time: number): string =>
      JSON.stringify({ deployment: { manifest: { time }, resources: [{ urn, type: "command:remote:Command" }] } });
    state = marking(1);
    await markState(run, "local", choose);
    assert.deepEqual(
      ran.map((line) => line.replace(/--file .*/, "--file")),
      ["stack export", "stack export", "stack import --file"],
    );
    [state, ran] = [marking(1), []];
    meanwhile = () => {
      state = marking(2);
    };
    await assert.rejects(markState(run, "local", choose), /'local' wasn't written: another run/);
    assert.deepEqual(ran, ["stack export", "stack export"]);
  });
});
