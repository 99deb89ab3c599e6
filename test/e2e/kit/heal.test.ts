import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { runPulumi, stackOutputs } from "../../../tools/engine";
import { backendDir } from "../../../tools/paths";

const STACK = "kit-heal";

/** On a local stack without resources; nothing is brought up. */
describe("local stacks", () => {
  const before = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-heal-"));
    process.env["XDG_STATE_HOME"] = folder;
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
    writeFileSync(join(folder, `Pulumi.${STACK}.yaml`), "config:\n  swarm-ha:platform: local\n");
  });
  afterEach(() => {
    for (const name of ["XDG_STATE_HOME", "SWARM_HA_CONFIG_DIR"])
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    rmSync(folder, { recursive: true, force: true });
  });

  const pulumi = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runPulumi([...args, "--non-interactive"], { stack: STACK, capture: true });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };

  it("are made on first use, and have no outputs before", async () => {
    assert.equal(await stackOutputs(STACK), undefined);
    assert.deepEqual(JSON.parse(await pulumi("config", "--json")), {
      "swarm-ha:platform": { value: "local", secret: false },
    });
    assert.deepEqual(await stackOutputs(STACK), {});
  });

  it("take settings into their author's file, without this machine's salt", async () => {
    await pulumi("config", "set", "swarm-ha:joinEpoch", "2");
    const values = JSON.parse(await pulumi("config", "--json")) as Record<string, { value: string }>;
    assert.equal(values["swarm-ha:joinEpoch"]?.value, "2");
    const own = readFileSync(join(folder, `Pulumi.${STACK}.yaml`), "utf8");
    assert.match(own, /joinEpoch: "?2"?/);
    assert.doesNotMatch(own, /encryptionsalt/);
  });

  it("are freed of a killed engine's lock and pending operations", async () => {
    const state = JSON.parse(await pulumi("stack", "export")) as {
      version: number;
      deployment: Record<string, unknown>;
    };
    const urn = `urn:pulumi:${STACK}::swarm-ha::random:index:X::x`;
    const resource = { urn, custom: true, type: "random:index:X" };
    state.deployment["pending_operations"] = [{ resource, type: "creating" }];
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state));
    await pulumi("stack", "import", "--file", file);
    const locks = join(backendDir(), ".pulumi/locks/organization/swarm-ha", STACK);
    mkdirSync(locks, { recursive: true });
    const lock = { pid: 4_194_304, username: "me", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" };
    writeFileSync(join(locks, "0f0f0f0f-0000-4000-8000-000000000000.json"), JSON.stringify(lock));
    await pulumi("refresh", "--yes", "--skip-preview");
    const healed = JSON.parse(await pulumi("stack", "export")) as { deployment: Record<string, unknown> };
    assert.equal(healed.deployment["pending_operations"], undefined);
  });
});
