import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { isWholeUp, needsHealing, needsNoStack, splitStack } from "../../../cli/pulumi/arguments";
import { forgetDestroying, noted, refuseHalfDestroyed } from "../../../cli/pulumi/destroying";
import { engineEnv, localEnv } from "../../../cli/pulumi/env";
import type { Engine } from "../../../cli/pulumi/engine";
import { ensureLocalState, withoutSalt, workingConfig, writeWorkingConfig } from "../../../cli/pulumi/local-state";
import { healLocks, isHeld, isStale, refuseHeld } from "../../../cli/pulumi/locks";
import { readStackFile } from "../../../cli/pulumi/project";
import { outdated } from "../../../cli/pulumi/prune";
import { parseVersion, recentEnough } from "../../../cli/pulumi/version";
import { backendDir, passphraseFile } from "../../../cli/paths";

const kit: Engine = { path: "/kit/pulumi", version: "3.245.0", kind: "kit", home: "/kit/home" };

describe("engine: versions and arguments", () => {
  it("compares versions by number", () => {
    assert.deepEqual(parseVersion("v3.245.0\n"), [3, 245, 0]);
    assert.ok(recentEnough("3.1000.0") && recentEnough("v3.200.0") && recentEnough("4.0.0"));
    assert.ok(!recentEnough("3.99.9") && !recentEnough("2.999.0") && !recentEnough("nonsense"));
  });

  it("takes the stack out of a command line", () => {
    const rest = ["up", "--yes"];
    for (const form of [["-s", "x"], ["--stack", "x"], ["--stack=x"], ["-sx"]])
      assert.deepEqual(splitStack(["up", ...form, "--yes"]), { stack: "x", rest });
    assert.deepEqual(splitStack(rest), { stack: undefined, rest });
    assert.ok(needsNoStack(["stack", "ls"]) && needsNoStack(["version"]) && needsNoStack(["up", "--help"]));
    assert.ok(!needsNoStack(["stack", "output"]) && !needsNoStack(["up"]));
  });
});

describe("engine: commands that only read", () => {
  it("are known by their own words, not by names and values of others", () => {
    for (const line of [
      "stack",
      "stack --show-urns",
      "stack output x",
      "stack export",
      "config set a b",
      "cancel --yes",
    ])
      assert.ok(!needsHealing(line.split(" ")), line);
    for (const line of ["up --yes", "destroy --target output", "up ls", "stack rm", "state delete history", "refresh"])
      assert.ok(needsHealing(line.split(" ")), line);
  });
});

describe("engine: environment", () => {
  const official: Engine = { path: "pulumi", version: "3.245.0", kind: "official" };

  it("leaves the official Pulumi engine's log-in to the user, but no update check", () => {
    const own = { PULUMI_ACCESS_TOKEN: "1" };
    assert.deepEqual(engineEnv(official, { ...own, ANYTHING: "1" }), { ...own, PULUMI_SKIP_UPDATE_CHECK: "true" });
  });

  it("gives no Pulumi engine an SSH agent, which fails every step when it is gone", () => {
    for (const engine of [official, kit]) {
      assert.ok(!("SSH_AUTH_SOCK" in engineEnv(engine, { SSH_AUTH_SOCK: "/gone" })), engine.kind);
    }
  });

  it("keeps the kit from downloading, and local stacks from another's state and secrets", () => {
    const env = localEnv(kit, { PULUMI_CONFIG_PASSPHRASE: "x", SSH_AUTH_SOCK: "/gone", PULUMI_BACKEND_URL: "s3://x" });
    assert.equal(env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"], "true");
    assert.equal(env["PULUMI_HOME"], "/kit/home");
    assert.match(env["PULUMI_BACKEND_URL"] ?? "", /^file:\/\/\/.*backend\?metadata=skip$/);
    assert.ok(!("PULUMI_CONFIG_PASSPHRASE" in env) && !("SSH_AUTH_SOCK" in env));
  });
});

describe("engine: local state", () => {
  const before = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-state-"));
    process.env["XDG_STATE_HOME"] = folder;
    process.env["SWARM_HA_CONFIG_DIR"] = folder;
  });
  afterEach(() => {
    for (const name of ["XDG_STATE_HOME", "SWARM_HA_CONFIG_DIR"])
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes a passphrase once, for this user alone", () => {
    ensureLocalState();
    const first = readFileSync(passphraseFile(), "utf8");
    assert.equal(statSync(passphraseFile()).mode & 0o777, 0o600);
    assert.ok(first.trim().length >= 40);
    ensureLocalState();
    assert.equal(readFileSync(passphraseFile(), "utf8"), first);
  });

  it("doesn't make a new passphrase over stacks that need the old one", () => {
    mkdirSync(join(backendDir(), ".pulumi/stacks/swarm-ha"), { recursive: true });
    writeFileSync(join(backendDir(), ".pulumi/stacks/swarm-ha/local.json"), "{}");
    assert.throws(() => {
      ensureLocalState();
    }, /passphrase is gone, but there are local stacks[^]*label=[\w.-]+=local \|/);
  });

  it("keeps the salt in the working copy when the author's file changes", () => {
    ensureLocalState();
    const source = join(folder, "Pulumi.local.yaml");
    writeFileSync(source, "config:\n  swarm-ha:platform: local\n");
    writeFileSync(workingConfig("local"), "config: {}\nencryptionsalt: v1:abc=:v1:d:e\n");
    const path = writeWorkingConfig("local", readStackFile("local"));
    assert.equal(readFileSync(path, "utf8"), "config:\n  swarm-ha:platform: local\nencryptionsalt: v1:abc=:v1:d:e\n");
    assert.equal(withoutSalt(readFileSync(path, "utf8")), readFileSync(source, "utf8"));
  });

  it("takes the salt from the state when the working copy is lost", () => {
    ensureLocalState();
    writeFileSync(join(folder, "Pulumi.local.yaml"), "config:\n  swarm-ha:platform: local\n");
    mkdirSync(join(backendDir(), ".pulumi/stacks/swarm-ha"), { recursive: true });
    const latest = { secrets_providers: { type: "passphrase", state: { salt: "v1:from-state" } } };
    const file = join(backendDir(), ".pulumi/stacks/swarm-ha/local.json");
    writeFileSync(file, JSON.stringify({ version: 3, checkpoint: { latest } }));
    const path = writeWorkingConfig("local", readStackFile("local"));
    assert.match(readFileSync(path, "utf8"), /encryptionsalt: v1:from-state\n$/);
  });

  it("names the stacks there are when one is missing", () => {
    writeFileSync(join(folder, "Pulumi.other.yaml"), "config: {}\n");
    assert.throws(() => readStackFile("local"), /no stack 'local'.*Stacks here: other/);
    writeFileSync(join(folder, "Pulumi.bad.yaml"), "a: [");
    assert.throws(() => readStackFile("bad"), /not valid YAML/);
  });

  it("removes a dead run's lock, and respects a living one's", () => {
    const locks = join(backendDir(), ".pulumi/locks/organization/swarm-ha/local");
    mkdirSync(locks, { recursive: true });
    const lock = { pid: 4_194_304, username: "me", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z" };
    writeFileSync(join(locks, "a.json"), JSON.stringify(lock));
    writeFileSync(join(locks, "half.json"), "{");
    assert.ok(!isHeld("local"));
    assert.doesNotThrow(() => {
      refuseHeld("local");
    });
    assert.equal(healLocks("local"), 2);
    assert.deepEqual(readdirSync(locks), []);
    writeFileSync(join(locks, "b.json"), JSON.stringify({ ...lock, hostname: "elsewhere" }));
    assert.ok(isHeld("local"));
    assert.throws(() => healLocks("local"), /locked by a run on another workstation \(elsewhere/);
    assert.throws(() => {
      refuseHeld("local");
    }, /locked by a run on another workstation \(elsewhere/);
    assert.ok(
      isStale(lock, hostname(), () => "vim notes.txt"),
      "the number is another process's now",
    );
    assert.ok(!isStale(lock, hostname(), () => "/usr/bin/pulumi up"));
  });
});

describe("engine: a destroy that writes the state at its end", () => {
  const before = process.env["XDG_STATE_HOME"];
  const stacks = (): string => join(backendDir(), ".pulumi/stacks/swarm-ha");
  const ended = (code: number, writes: boolean) => () => {
    if (writes) writeFileSync(join(stacks(), "local.json"), "{ }", { flag: "w" });
    return Promise.resolve({ code, stdout: "", stderr: "" });
  };
  const refused = (...args: string[]): boolean => {
    try {
      refuseHalfDestroyed("local", args);
      return false;
    } catch (error) {
      assert.match(String(error), /was killed.*npm run destroy -- local --yes/);
      return true;
    }
  };

  beforeEach(() => {
    process.env["XDG_STATE_HOME"] = mkdtempSync(join(tmpdir(), "swarm-ha-state-"));
    mkdirSync(stacks(), { recursive: true });
    writeFileSync(join(stacks(), "local.json"), "{}");
    utimesSync(join(stacks(), "local.json"), 1, 1);
  });
  afterEach(() => {
    rmSync(process.env["XDG_STATE_HOME"] ?? "", { recursive: true, force: true });
    if (before === undefined) Reflect.deleteProperty(process.env, "XDG_STATE_HOME");
    else process.env["XDG_STATE_HOME"] = before;
  });

  it("lets nothing be built on the state while it runs, and after it was killed, until one came to its end", async () => {
    assert.ok(!refused("up"));
    await noted("local", () => {
      assert.ok(refused("up"));
      return ended(137, false)();
    });
    for (const command of ["up", "preview", "refresh"]) assert.ok(refused(command, "--yes"));
    for (const command of ["destroy", "stack"]) assert.ok(!refused(command));
    await noted("local", ended(0, true));
    assert.ok(!refused("up"));
  });

  it("trusts the state of one that failed, or was told to stop, and has written what is left", async () => {
    await noted("local", ended(255, true));
    assert.ok(!refused("up"));
    await noted("local", ended(255, false));
    assert.ok(refused("up"));
    forgetDestroying("local");
    assert.ok(!refused("up"));
  });
});

describe("engine: an up of the whole stack", () => {
  it("is told from one of a part, from help, and from what isn't one", () => {
    for (const args of [["up"], ["update", "--yes", "--skip-preview"], ["--yes", "up"]]) {
      assert.ok(isWholeUp(args), args.join(" "));
    }
    for (const args of [
      ["preview"],
      ["up", "--target", "u"],
      ["up", "--target=u"],
      ["up", "--help"],
      ["refresh"],
      [],
    ]) {
      assert.ok(!isWholeUp(args), args.join(" "));
    }
  });
});

describe("engine: history of local stacks", () => {
  it("keeps all files of the last runs, and what it doesn't know", () => {
    const run = (time: number): string[] => [
      `local-${time}000000000.history.json`,
      `local-${time}000000000.history.json.attrs`,
    ];
    const names = ["notes.txt", ...run(1_700_000_003), ...run(1_700_000_001), ...run(1_700_000_002)];
    assert.deepEqual(outdated(names, 2), run(1_700_000_001));
    assert.deepEqual(outdated(names, 3), []);
  });
});
