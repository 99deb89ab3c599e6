import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { figure, succeed, until } from "../support/run";
import { portsFrom } from "../support/stack-config";
import { TestStack } from "../support/test-stack";

const MANAGERS = ["manager-1", "manager-2", "manager-3"] as const;

/** A swarm that is autolocked by its configuration: docs/operations/autolock.md. */
describe("autolock", function () {
  this.timeout(900_000);
  const changes = {
    backup: { password: "a password of a test" },
    registry: { replicas: 1 },
    workers: { worker: { count: 1 } },
  };
  const stack = new TestStack("e2e-autolock", { hosts: "10.236.0.0/20", ports: portsFrom(23310) }, changes);

  const keyOf = async (): Promise<string> => (await stack.outputs()).unlockKey ?? assert.fail("no unlock key");
  const localState = async (host: string): Promise<string> =>
    (await stack.exec(host, ["docker", "info", "--format", "{{.Swarm.LocalNodeState}}"])).trim();
  const isEncrypted = async (host: string): Promise<boolean> =>
    (await stack.exec(host, ["cat", "/var/lib/docker/swarm/certificates/swarm-node.key"])).includes("ENCRYPTED");
  /** Calls a host's Docker engine with a body on standard input. @returns the answer and its status */
  const post = (host: string, path: string, body: unknown): Promise<string> => {
    const socket = ["--unix-socket", "/var/run/docker.sock", "-H", "Content-Type: application/json"];
    const curl = ["curl", "-sS", "-X", "POST", ...socket, "--data-binary", "@-", "-w", "%{http_code}"];
    return stack.exec(host, [...curl, `http://engine${path}`], JSON.stringify(body));
  };
  /** Restarts a manager's Docker engine, which takes 20 s to stop without a majority. */
  const restart = (host: string): Promise<string> =>
    stack.exec(host, ["sv", "-w", "60", "restart", "docker"], undefined, 90);
  const untilLocked = (...hosts: string[]): Promise<number> =>
    until(`${hosts.join(", ")} to be locked`, 60, async () => {
      const states = await Promise.all(hosts.map((host) => localState(host).catch(String)));
      return states.every((state) => state === "locked") ? undefined : states.join(", ");
    });
  /** Files of the stack's state, its former versions included, and what is on the bastion, that have this text. */
  const filesWith = async (text: string): Promise<string[]> => {
    const files = (folder: string): string[] =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((file) =>
            file.isFile() ? [join(file.parentPath, file.name)] : [],
          )
        : [];
    const here = files(stack.home).filter((file) => readFileSync(file).includes(text));
    const grep = 'grep -rlF -- "$(cat)" /etc /root /run /tmp /var/log /var/lib/swarm-ha 2>/dev/null || true';
    const there = await stack.exec("bastion", ["bash", "-c", grep], text);
    return [...here, ...there.split("\n").filter((file) => file !== "")];
  };
  let first = "";

  const removeBackups = async (): Promise<void> => {
    await succeed("docker", ["volume", "rm", "--force", "e2e-autolock-backup"], { limit: 30 });
  };

  before(async () => {
    await stack.reset();
    await removeBackups();
    await stack.start();
  });
  after(async () => {
    await stack.destroy();
    await removeBackups();
  });

  it("is off where the configuration doesn't have it, and turned on for a running swarm", async () => {
    for (const host of MANAGERS) assert.equal(await isEncrypted(host), false, host);
    assert.equal((await stack.outputs()).unlockKey, undefined);

    stack.configure({ autolock: true });
    const preview = await stack.pulumi("preview");
    assert.match(preview.stdout, /swarm-settings/);
    const up = await stack.pulumi("up", "--yes", "--skip-preview");
    first = await keyOf();
    assert.match(first, /^SWMKEY-1-/);
    assert.ok(!up.output.includes(first) && !preview.output.includes(first));
    assert.ok(!(await stack.pulumi("stack", "output")).output.includes(first));
    assert.deepEqual(await filesWith(first), []);
    for (const host of MANAGERS)
      await until(`${host} to encrypt its key`, 20, async () => ((await isEncrypted(host)) ? undefined : "plain"));
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("has one locked manager unlocked by a repair, and not replaced", async () => {
    const before = await stack.identities();
    await restart("manager-2");
    await untilLocked("manager-2");
    const { code, status } = await stack.status();
    assert.equal(code, 1);
    assert.match(status.problems[0] ?? "", /^manager-2 is locked \(autolock\).*npm run repair -- e2e-autolock/);
    const { output } = await stack.good("repair", [stack.name]);
    assert.match(output, /Unlocking manager-2/);
    await stack.untilHealthy();
    assert.deepEqual(await stack.identities(), before);
  });

  it("comes back from a power cut of all hosts with one repair, and an up says so at once", async () => {
    const before = await stack.identities();
    const hosts = Object.keys(before);
    await stack.kill(...hosts);
    await stack.revive(...hosts);
    await untilLocked(...MANAGERS);
    const { code, status } = await stack.status();
    assert.equal(code, 2);
    assert.match(status.problems[0] ?? "", /^manager-1, manager-2 and manager-3 are locked \(autolock\)/);

    // A setting of the swarm, which no manager can take.
    stack.configure({ autolock: true, certificateExpiry: 1000 });
    const up = await stack.tool("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name], 120);
    assert.notEqual(up.code, 0);
    assert.match(up.output, /3 of 3 managers are locked \(autolock\).*npm run repair/);
    assert.ok(up.seconds < 60, `the up took ${String(up.seconds)} s`);
    stack.configure({ autolock: true });

    const { output, seconds } = await stack.good("repair", [stack.name]);
    assert.match(output, /Unlocking manager-1, manager-2 and manager-3/);
    assert.ok(!output.includes(first));
    figure("repair of a swarm whose managers are all locked", seconds);
    await stack.untilHealthy();
    assert.deepEqual(await stack.identities(), before);
  });

  it("rotates the key: the old one is refused, and the new one is in the stack's outputs", async () => {
    const { output, seconds } = await stack.good("rotate", [stack.name, "unlock-key"]);
    figure("rotate unlock-key", seconds);
    const second = await keyOf();
    assert.notEqual(second, first);
    assert.ok(!output.includes(first) && !output.includes(second));
    assert.deepEqual(await filesWith(second), []);

    await restart("manager-3");
    await untilLocked("manager-3");
    assert.match(await post("manager-3", "/swarm/unlock", { UnlockKey: first }), /invalid key.*40[0-9]$/s);
    assert.equal(await localState("manager-3"), "locked");

    const refused = await stack.tool("rotate", [stack.name, "unlock-key"], 60);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /The unlock key isn't rotated: .*manager-3 is .*npm run repair/);
    assert.equal(await keyOf(), second);

    assert.match(await post("manager-3", "/swarm/unlock", { UnlockKey: second }), /200$/);
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("records a key that was rotated by hand with a repair", async () => {
    const old = await keyOf();
    await stack.onManager(["docker", "swarm", "unlock-key", "--rotate", "--quiet"]);
    const { status } = await stack.status();
    assert.match(status.problems.join("\n"), /another unlock key than the stack's output/);
    await stack.good("repair", [stack.name]);
    assert.notEqual(await keyOf(), old);
    await stack.untilHealthy();
  });

  it("is unlocked after a backup, which stops a manager's Docker engine", async () => {
    await stack.good("backup", [stack.name, "--verify"]);
    for (const host of MANAGERS) assert.equal(await localState(host), "active", host);
    await stack.untilHealthy();
  });

  it("replaces a manager, which is locked after a restart like the others", async () => {
    await stack.good("replace", [stack.name, "manager-1"]);
    await stack.untilHealthy();
    await until("manager-1 to encrypt its key", 20, async () =>
      (await isEncrypted("manager-1")) ? undefined : "plain",
    );
    await restart("manager-1");
    await untilLocked("manager-1");
    await stack.good("repair", [stack.name]);
    await stack.untilHealthy();
  });

  it("is recovered from a lost majority whose survivor is locked, with the key in the state", async () => {
    const key = await keyOf();
    await stack.lose("manager-1", "manager-2");
    await restart("manager-3");
    await untilLocked("manager-3");
    const { output, seconds } = await stack.good("recover", [stack.name, "--yes"], 500);
    figure("recover from a locked survivor", seconds);
    assert.match(output, /Forming a new cluster from manager-3/);
    assert.ok(!output.includes(key));
    await stack.untilHealthy();
    for (const host of MANAGERS) assert.equal(await isEncrypted(host), true, host);
    assert.equal(await keyOf(), key);
  });

  it("is turned off only while all managers take part, and then none is locked after a restart", async () => {
    await restart("manager-2");
    await untilLocked("manager-2");
    stack.configure({ autolock: false });
    const refused = await stack.tool("pulumi", ["up", "--yes", "--skip-preview", "--color", "never", "-s", stack.name]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /autolock isn't turned off.*manager-2.*npm run repair/);
    // The key is still known.
    await stack.good("repair", [stack.name]);

    await stack.pulumi("up", "--yes", "--skip-preview");
    assert.equal((await stack.outputs()).unlockKey, undefined);
    for (const host of MANAGERS)
      await until(`${host} to decrypt its key`, 20, async () => ((await isEncrypted(host)) ? "encrypted" : undefined));
    await restart("manager-2");
    await stack.untilHealthy();
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("is there from the first up of a stack, where managers join meanwhile", async () => {
    await stack.destroy();
    stack.configure({ autolock: true });
    await stack.start();
    assert.match(await keyOf(), /^SWMKEY-1-/);
    for (const host of MANAGERS) assert.equal(await isEncrypted(host), true, host);
  });
});
