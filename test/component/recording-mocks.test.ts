import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { answer } from "../support/answers";
import { record, type Registered } from "../support/recording-mocks";

class TestResource extends pulumi.CustomResource {
  declare public readonly address: pulumi.Output<string>;

  public constructor(name: string) {
    super("test:index:TestResource", name, { address: undefined });
  }
}

function run(program: () => unknown, preview: boolean): Promise<Registered[]> {
  return record(program, { stack: "unit", preview, answer });
}

/** What the tests of components rely on. */
describe("a recorded program", () => {
  it("knows nothing in a preview that a provider makes up: what it makes of that only then is missing", async () => {
    const program = (): unknown => new TestResource("first").address.apply((address) => new TestResource(address).id);
    assert.equal((await run(program, false)).length, 2);
    assert.equal((await run(program, true)).length, 1);
    const byId = (): unknown => new TestResource("first").id.apply((id) => new TestResource(id).id);
    assert.equal((await run(byId, true)).length, 1);
  });

  it("fails when the outputs that it returns do", async () => {
    const program = (): unknown => ({
      address: new TestResource("first").address.apply((address) => {
        assert.equal(address, "another");
      }),
    });
    await assert.rejects(run(program, false), /another/);
  });
});
