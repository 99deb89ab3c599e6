import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runPulumi, stackOutputs } from "../../../cli/pulumi";
import { checkpointFile } from "../../../cli/pulumi/local-state";
import { backendDir } from "../../../cli/paths";

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

  it("take settings into their author's file, without this workstation's salt", async () => {
    await pulumi("config", "set", "swarm-ha:joinEpoch", "2");
    const values = JSON.parse(await pulumi("config", "--json")) as Record<string, { value: string }>;
    assert.equal(values["swarm-ha:joinEpoch"]?.value, "2");
    const own = readFileSync(join(folder, `Pulumi.${STACK}.yaml`), "utf8");
    assert.match(own, /joinEpoch: "?2"?/);
    assert.doesNotMatch(own, /encryptionsalt/);
  });

  /** A lock and a note as a killed Pulumi engine leaves them. */
  const killedWhile = async (type: string): Promise<void> => {
    const urn = (kind: string, name: string): string => `urn:pulumi:${STACK}::swarm-ha::${kind}::${name}`;
    const provider = { urn: urn("pulumi:providers:pulumi-nodejs", "default"), type: "pulumi:providers:pulumi-nodejs" };
    const kind = "pulumi-nodejs:dynamic/swarm-ha:Container";
    const container = { urn: urn(kind, "x"), type: kind, custom: true, id: "1", provider: `${provider.urn}::2` };
    const state = JSON.parse(await pulumi("stack", "export")) as { deployment: Record<string, unknown> };
    state.deployment["resources"] = [{ ...provider, custom: true, id: "2" }, container];
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(state));
    await pulumi("stack", "import", "--file", file);
    // (An import would drop it.)
    const checkpoint = JSON.parse(readFileSync(checkpointFile(STACK), "utf8")) as {
      checkpoint: { latest: Record<string, unknown> };
    };
    checkpoint.checkpoint.latest["pending_operations"] = [{ resource: container, type }];
    writeFileSync(checkpointFile(STACK), JSON.stringify(checkpoint));
    const locks = join(backendDir(), ".pulumi/locks/organization/swarm-ha", STACK);
    mkdirSync(locks, { recursive: true });
    const lock = { pid: 4_194_304, username: "me", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" };
    writeFileSync(join(locks, "0f0f0f0f-0000-4000-8000-000000000000.json"), JSON.stringify(lock));
  };
  const exported = async (): Promise<{ resources: { taint?: boolean; initErrors?: string[] }[] }> =>
    (JSON.parse(await pulumi("stack", "export")) as { deployment: { resources: [] } }).deployment;

  it("are freed of a killed Pulumi engine's lock and pending operations", async () => {
    await killedWhile("creating");
    assert.match(await pulumi("stack", "export"), /pending_operations/);
    await pulumi("state", "unprotect", "--all", "--yes");
    assert.doesNotMatch(await pulumi("stack", "export"), /pending_operations/);
    assert.equal((await exported()).resources[1]?.taint, undefined);
  });

  it("do over what was being deleted or updated, whatever had come of it", async () => {
    await killedWhile("deleting");
    await pulumi("state", "unprotect", "--all", "--yes");
    assert.equal((await exported()).resources[1]?.taint, true);
    await killedWhile("updating");
    await pulumi("state", "unprotect", "--all", "--yes");
    assert.equal((await exported()).resources[1]?.initErrors?.length, 1);
  });

  it("can be read after a Pulumi engine was killed while it wrote the state", async () => {
    await pulumi("config", "--json");
    writeFileSync(`${checkpointFile(STACK)}.attrs`, "");
    writeFileSync(`${checkpointFile(STACK)}.18ea1137b8e3f533.tmp`, "{");
    assert.deepEqual(await stackOutputs(STACK), {});
    writeFileSync(`${checkpointFile(STACK)}.attrs`, "");
    await pulumi("state", "unprotect", "--all", "--yes");
    const left = readdirSync(dirname(checkpointFile(STACK)));
    assert.deepEqual(
      left.filter((name) => /attrs|tmp/.test(name)),
      [],
    );
  });
});
