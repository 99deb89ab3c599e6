import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../cli/paths";
import { CASES, transcripts, type Transcript } from "../../support/command-plugin/transcript";

const VERSION = "1.2.1";

/** What the official plugin did, recorded by test/support/command-plugin/record.ts. */
const official = JSON.parse(
  readFileSync(join(__dirname, "transcripts", `command-${VERSION}.json`), "utf8"),
) as Transcript[];

/**
 * A transcript without what is meant to differ: the kit may use a direct connection for several commands, and closes it when
 * it is idle. Behind a proxy it has to leave open what the official plugin leaves open.
 */
function comparable({ open, ...rest }: Transcript): unknown {
  if (rest.proxy !== undefined) return { open, ...rest };
  if (rest.name !== "direct, two commands") return rest;
  return { ...rest, host: rest.host.flat().filter((seen) => !seen.startsWith("login")) };
}

describe("kit: the command plugin, held to what the official one does", () => {
  let seen: readonly Transcript[] = [];

  before(async function () {
    this.timeout(180_000);
    seen = await transcripts([process.execPath, "--require", "tsx/cjs", join(root, "offline/command/main.ts")]);
  });

  it("is the version whose transcripts there are", () => {
    const packages = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
    assert.equal((packages["dependencies"] as Record<string, string>)["@pulumi/command"], VERSION);
    assert.deepEqual(
      official.map(({ name }) => name),
      CASES.map(({ name }) => name),
    );
  });

  for (const recorded of official) {
    it(recorded.name, () => {
      const found = seen.find(({ name }) => name === recorded.name);
      assert.ok(found !== undefined);
      assert.deepEqual(comparable(found), comparable(recorded));
    });
  }
});
