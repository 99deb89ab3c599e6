import assert from "node:assert/strict";
import { ConfigError, parseConfig } from "../../../config";
import { stackValues } from "../../support/aws/stack";

const PASSWORD = "correct-horse-battery";
const REPOSITORY = "s3:https://s3.eu-central-1.amazonaws.com/b";

describe("swarm-ha:backup", () => {
  const problems = (platform: "local" | "aws", backup?: { repository?: string; password?: string }): string[] => {
    const values = platform === "aws" ? stackValues("test") : { platform };
    try {
      parseConfig({ ...values, ...(backup === undefined ? {} : { backup }) }, "test");
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.map(({ key }) => key);
    }
  };

  it("needs nothing where the stack has a bucket of its own for them", () => {
    assert.deepEqual(problems("aws", {}), []);
  });

  it("refuses a password for that bucket, whose repository has the generated one", () => {
    assert.deepEqual(problems("aws", { password: PASSWORD }), ["swarm-ha:backup.password"]);
  });

  it("needs a password for every place that outlives the stack", () => {
    assert.deepEqual(problems("aws", { repository: REPOSITORY }), ["swarm-ha:backup.password"]);
    assert.deepEqual(problems("local", {}), ["swarm-ha:backup.password"]);
    assert.deepEqual(problems("local", { repository: REPOSITORY }), ["swarm-ha:backup.password"]);
    assert.deepEqual(problems("aws", { repository: REPOSITORY, password: PASSWORD }), []);
    assert.deepEqual(problems("local", { password: PASSWORD }), []);
  });

  it("is asked for by nobody", () => {
    assert.deepEqual([problems("aws"), problems("local")], [[], []]);
  });
});
