import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { answer } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

class Machine extends pulumi.CustomResource {
  declare public readonly address: pulumi.Output<string>;

  public constructor(name: string) {
    super("test:index:Machine", name, { address: undefined });
  }
}

function run(program: () => unknown, preview: boolean): Promise<Registered[]> {
  return record(program, { stack: "unit", preview, answer });
}

/** What the tests of components rely on. */
describe("a recorded program", () => {
  it("knows nothing in a preview that a provider makes up: what it makes of that only then is missing", async () => {
    const program = (): unknown => new Machine("first").address.apply((address) => new Machine(address).id);
    assert.equal((await run(program, false)).length, 2);
    assert.equal((await run(program, true)).length, 1);
    const byId = (): unknown => new Machine("first").id.apply((id) => new Machine(id).id);
    assert.equal((await run(byId, true)).length, 1);
  });

  it("fails when the outputs that it returns do", async () => {
    const program = (): unknown => ({
      address: new Machine("first").address.apply((address) => {
        assert.equal(address, "another");
      }),
    });
    await assert.rejects(run(program, false), /another/);
  });
});
