import assert from "node:assert/strict";
import { maySurge, refuseSurge } from "../../../cli/operations/surge";
import { UserError } from "../../../cli/terminal/errors";

describe("--surge", () => {
  it("is refused where the platform creates no hosts, with what to do instead", () => {
    assert.throws(
      () => {
        refuseSurge("racks", "hosts");
      },
      (error) =>
        error instanceof UserError &&
        /the platform hosts creates no hosts\. Add a worker to the inventory of Pulumi\.racks\.yaml .*--force/.test(
          error.message,
        ),
    );
  });

  it("is accepted where it creates hosts, or where the stack file doesn't name the platform", () => {
    for (const platform of ["local", "aws", undefined]) {
      refuseSurge("test", platform);
      assert.equal(maySurge(platform), true);
    }
  });
});
