import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostInputs, HostState } from "../../../../components/platform/hosts/host-inputs";
import { hostDifference } from "../../../../components/platform/hosts/provider/diff";
import { createHost, deleteHost, lookAtHost, updateHost } from "../../../../components/platform/hosts/provider/host";
import { SKIP_UNREACHABLE, SKIPPED_FILE } from "../../../../components/platform/hosts/provider/skipped";
import type { Login } from "../../../../plan/login";
import { SshServer, type Answer, type Deed } from "../../../support/command-plugin/ssh-server";
import { utils } from "ssh2";

const CLAIM = JSON.stringify({ identity: "id-1", machineId: "machine-1" });

describe("a host's resource where something fails", function () {
  this.timeout(30_000);
  const privateKey = utils.generateKeyPairSync("ed25519").private;
  const servers: SshServer[] = [];
  const start = async (deeds: readonly Deed[], ...answers: Answer[]): Promise<SshServer> => {
    const server = await SshServer.start(deeds, answers);
    servers.push(server);
    return server;
  };
  const login = ({ port, hostKey }: SshServer, user = "root"): Login => ({
    ...{ address: "127.0.0.1", port, user, privateKey, hostKey },
  });
  const inputs = (server: SshServer, bastion?: SshServer): HostInputs => ({
    stack: "racks",
    name: "worker-1",
    labels: { "swarm-ha.role": "worker" },
    address: "127.0.0.1",
    login: login(server),
    ...(bastion === undefined ? {} : { bastion: login(bastion) }),
    engine: { source: "debian" },
    adopt: false,
  });
  const state = (of: HostInputs): HostState => ({ ...of, identity: "id-1", machineId: "machine-1", complete: true });

  let told: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  beforeEach(() => {
    told = [];
    process.stderr.write = (text: string) => told.push(text) > 0;
  });
  afterEach(() => {
    process.stderr.write = write;
    for (const server of servers.splice(0)) server.stop();
  });

  it("is in the state once it is claimed, so that the next `up` sets it up, also after a refresh", async () => {
    const server = await start(
      ["serve"],
      { stdout: CLAIM, exit: 0 },
      { stderr: "no packages\n", exit: 1 },
      { exit: 0 },
    );
    const failure = await createHost(inputs(server)).then(
      () => assert.fail("it was set up"),
      (error: unknown) => error as { id: string; properties: HostState; reasons: string[] },
    );
    assert.equal(failure.id, "id-1");
    assert.deepEqual(failure.reasons, ["worker-1 (127.0.0.1): no packages"]);
    assert.equal(failure.properties.complete, false);
    assert.ok(hostDifference(failure.properties, inputs(server)).changes);
    const updated = await updateHost(failure.properties, inputs(server));
    assert.ok(updated.complete && updated.identity === "id-1");
    assert.ok(!hostDifference(updated, inputs(server)).changes);
  });

  it("isn't in the state when its claim is refused, with the host's own words", async () => {
    const server = await start(["serve"], { stderr: "the host belongs to the stack 'other'\n", exit: 1 });
    await assert.rejects(createHost(inputs(server)), (error: Error) => {
      assert.match(error.message, /worker-1 \(127\.0\.0\.1\): the host belongs to the stack 'other'/);
      return !("id" in error);
    });
  });

  it("says whether the host, its key, or the bastion is the trouble", async () => {
    const bastion = await start(["serve"]);
    const other = await start(["other key"]);
    await assert.rejects(
      createHost(inputs(other, bastion)),
      /worker-1 \(root@127.*another host key than the pinned one/,
    );
    const refusing = await start(["refuse client"]);
    await assert.rejects(createHost(inputs(refusing, bastion)), /worker-1 \(root@127.*authentication methods failed/);
    const gone = await start([]);
    await assert.rejects(
      createHost(inputs(await start(["serve"]), gone)),
      /worker-1 \(127\.0\.0\.1\) can't be reached, because the bastion can't be reached: 127\.0\.0\.1:\d+: .*ECONNREFUSED.*Check the bastion's/,
    );
  });

  it("stays as it is in a refresh while the host is down, and is gone when it is another machine", async () => {
    assert.equal((await lookAtHost(state(inputs(await start([]))))).kind, "unknown");
    const seen = { identity: "id-1", machineId: "machine-2", stack: "racks", name: "worker-1" };
    const another = await start(["serve"], { stdout: JSON.stringify(seen), exit: 0 });
    assert.equal((await lookAtHost(state(inputs(another)))).kind, "gone");
  });

  it("is skipped by name in a destroy when it is down, and fails when its release fails", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "skipped-")), "names");
    process.env[SKIPPED_FILE] = file;
    try {
      await deleteHost(state(inputs(await start([]))));
      await deleteHost(state(inputs(await start([]), await start(["serve"]))));
    } finally {
      Reflect.deleteProperty(process.env, SKIPPED_FILE);
    }
    assert.equal(told.length, 2);
    for (const text of told) assert.match(text, /^warning: worker-1 .*worker-1 is skipped/);
    assert.equal(readFileSync(file, "utf8"), "worker-1\nworker-1\n");
    const refusing = await start(["serve"], { stderr: "sudo on worker-1 refused the password of admin\n", exit: 1 });
    await assert.rejects(deleteHost(state(inputs(refusing))), /sudo on worker-1 refused the password/);
  });

  it("isn't skipped when only its bastion is down or shows another key, unless a person says so", async () => {
    for (const bastion of [await start([]), await start(["other key"])]) {
      const behind = state(inputs(await start(["serve"]), bastion));
      await assert.rejects(
        deleteHost(behind),
        /the bastion can't be reached.*worker-1 was not released.*Bring the bastion back, or name another.*SWARM_HA_SKIP_UNREACHABLE=1/,
      );
      assert.deepEqual(told, []);
    }
    process.env[SKIP_UNREACHABLE] = "1";
    try {
      await deleteHost(state(inputs(await start(["serve"]), await start([]))));
    } finally {
      Reflect.deleteProperty(process.env, SKIP_UNREACHABLE);
    }
    assert.match(told.join(""), /worker-1 is skipped/);
  });

  it("is released through the bastion that the same run has made in the place of a lost one", async () => {
    const bastion = await start(["serve", "serve"], { stdout: CLAIM, exit: 0 }, { exit: 0 });
    await createHost(inputs(bastion));
    const server = await start(["serve"], { exit: 0 });
    await deleteHost({ ...state(inputs(server, await start([]))) });
    assert.deepEqual(told, []);
  });

  it("takes a new login without asking the host, and deletes with it", async () => {
    const down = await start([]);
    const before = state(inputs(down));
    const changed = { ...inputs(down), login: { ...login(down, "admin"), sudoPassword: "new" } };
    const after = await updateHost(before, changed);
    assert.deepEqual(after.login, changed.login);
  });
});
