import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasState } from "../../../cli/pulumi/log-in";

describe("a place for states", () => {
  let folder: string;
  const loggedIn = (text: string): boolean => {
    writeFileSync(join(folder, "credentials.json"), text);
    return hasState({ PULUMI_CREDENTIALS_PATH: folder });
  };

  before(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-log-in-"))));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("is chosen by a variable", () => {
    const PULUMI_CREDENTIALS_PATH = join(folder, "none");
    assert.ok(!hasState({ PULUMI_CREDENTIALS_PATH }));
    assert.ok(hasState({ PULUMI_CREDENTIALS_PATH, PULUMI_BACKEND_URL: "s3://acme-swarm-state" }));
    assert.ok(hasState({ PULUMI_CREDENTIALS_PATH, PULUMI_ACCESS_TOKEN: "pul-1" }));
    // What a workflow sets from a variable that isn't there.
    assert.ok(!hasState({ PULUMI_CREDENTIALS_PATH, PULUMI_BACKEND_URL: "" }));
  });

  it("is chosen by a log-in, and not after the log-out", () => {
    assert.ok(loggedIn('{"current":"https://api.pulumi.com","accounts":{}}'));
    assert.ok(!loggedIn('{"current":"","accounts":{}}'));
    assert.ok(!loggedIn('{"accounts":{}}'));
  });
});
