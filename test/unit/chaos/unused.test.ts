import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireUnused } from "../../../dev/chaos/unused";
import { UserError } from "../../../cli/terminal/errors";

describe("the stack of npm run chaos", () => {
  const VARIABLES = ["SWARM_HA_CONFIG_DIR", "XDG_STATE_HOME"] as const;
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  let folder: string;
  const check = (name: string, remains: string[] = []): Promise<void> =>
    requireUnused({ name, home: join(folder, "home"), remains: () => Promise.resolve(remains) });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-chaos-"));
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
    process.env["XDG_STATE_HOME"] = join(folder, "state");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  it("may be one that doesn't exist, and what an interrupted run of it has left", async () => {
    await check("unused");
    mkdirSync(join(folder, "home"));
    await check("unused", ["container unused-manager-1"]);
  });

  it("is no stack of the clone, of the configuration's folder, or of this user", async () => {
    await assert.rejects(check("local"), UserError);
    writeFileSync(join(folder, "Pulumi.mine.yaml"), "");
    await assert.rejects(check("mine"), UserError);
    const stacks = join(folder, "state/swarm-ha/backend/.pulumi/stacks/swarm-ha");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "other.json"), "{}");
    await assert.rejects(check("other"), UserError);
  });

  it("is none that the Docker engine has of somebody else", async () => {
    const remains = ["container theirs-manager-1", "network theirs", "volume a", "volume b"];
    await assert.rejects(check("theirs", remains), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /container theirs-manager-1, network theirs, volume a and 1 more/);
      return true;
    });
  });
});
