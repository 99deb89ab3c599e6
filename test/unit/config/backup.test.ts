import assert from "node:assert/strict";
import { PLATFORMS } from "../../../config/platforms";
import { backupProblems } from "../../../config/rules/backup";

describe("swarm-ha:backup", () => {
  const problems = (platform: "local" | "aws", backup?: { repository?: string }) =>
    backupProblems({
      stack: "x",
      platform,
      facts: PLATFORMS[platform],
      poolNames: [],
      allPools: true,
      given: new Set<string>(),
      backup: backup === undefined ? undefined : { password: "correct-horse-battery", ...backup },
    }).map(({ key }) => key);

  it("needs a repository where no folder outlives the bastion", () => {
    assert.deepEqual(problems("aws", {}), ["swarm-ha:backup.repository"]);
    assert.deepEqual(problems("aws", { repository: "s3:https://s3.eu-central-1.amazonaws.com/b" }), []);
    assert.deepEqual(problems("local", {}), []);
  });

  it("is asked for by nobody", () => {
    assert.deepEqual(problems("aws"), []);
  });
});
