import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, findProgram } from "../../../cli/workstation/command";
import { ensureDockerEngine } from "../../../cli/workstation/docker-engine";
import { askEngine } from "../../../cli/workstation/docker-socket";
import {
  readEngineRecord,
  startOwnEngine,
  stopOwnEngine,
  type OwnEnginePlace,
} from "../../../cli/workstation/own-engine";
import { isAlive } from "../../../cli/workstation/process-identity";
import { createProgress } from "../../../cli/terminal/progress";
import { besideAnotherEngine, bridges, removeBridge } from "../../support/engine-beside";

/** A bridge as another engine's network has it. Bridges of tests that run beside this one come and go. */
const OTHER = "br-swarmhatest";

describe("an engine of our own", function () {
  let place: Required<OwnEnginePlace>;
  let others: readonly string[];
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  const ensure = () =>
    ensureDockerEngine({ dockerHost: undefined, defaultSocket: place.socket, place, interactive: false, progress });

  const clean = async (): Promise<void> => {
    await stopOwnEngine(place);
    // An engine that didn't end in peace leaves its data directory mounted on itself.
    await command("umount", [join(place.directory, "data")], { timeout: 5000 }).catch(() => undefined);
    rmSync(place.directory, { recursive: true, force: true });
    await removeBridge();
    await command("ip", ["link", "delete", OTHER], { timeout: 5000 }).catch(() => undefined);
  };

  before(async function () {
    if (process.getuid?.() !== 0 || findProgram("dockerd") === undefined) this.skip();
    // Always the same, so that an engine of an interrupted run is found and stopped.
    const directory = join(tmpdir(), "swarm-ha-test-engine");
    place = { directory, socket: join(directory, "docker.sock"), extraArgs: [] };
    await clean();
    await command("ip", ["link", "add", "name", OTHER, "type", "bridge"], { timeout: 5000 });
    others = (await bridges()).filter((bridge) => ["docker0", OTHER].includes(bridge));
    assert.ok(others.includes(OTHER));
    place = { ...place, extraArgs: await besideAnotherEngine() };
  });

  after(async () => {
    if ((place as OwnEnginePlace | undefined) === undefined) return;
    await clean();
  });

  it("is started where none answers, in a session of its own, and says how to stop it", async () => {
    const engine = await ensure();
    assert.equal(engine.socket, place.socket);
    assert.match(engine.version, /^\d+\.\d+/);
    const record = readEngineRecord(place);
    assert.ok(record !== undefined && isAlive(record));
    const session = await command("ps", ["-o", "sid=", "-p", String(record.pid)], { timeout: 5000 });
    assert.equal(Number(session), record.pid, "a terminal's hang-up must not reach it");
    assert.match(said.join(""), /stays running.*npm run engine:stop/);
  });

  it("is used as it is when it runs", async () => {
    const before = readEngineRecord(place);
    await Promise.all([ensure(), startOwnEngine(place, progress)]);
    assert.deepEqual(readEngineRecord(place), before);
  });

  it("is started again after it was killed, by two runs at once only one time", async () => {
    const before = readEngineRecord(place);
    assert.ok(before !== undefined);
    process.kill(before.pid, "SIGKILL");
    while (isAlive(before)) await new Promise((done) => setTimeout(done, 10));
    assert.ok(existsSync(place.socket), "the stale socket is what the restart has to get over");
    const dead = ["POSTROUTING", "-s", "10.199.250.0/24", "!", "-o", "br-00000000dead", "-j", "MASQUERADE"];
    const nat = (action: string): Promise<string> =>
      command("iptables", ["-w", "5", "-t", "nat", action, ...dead], { timeout: 5000 });
    await nat("-A");
    try {
      const engines = await Promise.all([ensure(), ensure()]);
      const now = readEngineRecord(place);
      assert.ok(now !== undefined && now.pid !== before.pid && isAlive(now));
      assert.deepEqual(engines[0], engines[1]);
      // It would replace the addresses of a later network's members.
      await assert.rejects(nat("-C"), "the rule of a network whose bridge is gone is still there");
      assert.match(said.join(""), /Removed the firewall's rules.*br-00000000dead/);
    } finally {
      await nat("-D").catch(() => undefined);
    }
  });

  it("is stopped on request, with all that it started", async () => {
    const record = readEngineRecord(place);
    assert.match(await stopOwnEngine(place), /has stopped/);
    assert.ok(record !== undefined && !isAlive(record));
    assert.equal((await askEngine(place.socket)).kind, "absent");
    const left = await command("ps", ["-eo", "args"], { timeout: 5000 });
    assert.ok(!left.includes(place.directory), left);
    assert.match(await stopOwnEngine(place), /nothing to stop/);
    const now = await bridges();
    for (const bridge of others) assert.ok(now.includes(bridge), `${bridge} was another engine's, and is gone`);
  });

  it("that can't start says why, with its log", async () => {
    const broken = { ...place, extraArgs: ["--storage-driver=no-such-driver"] };
    await assert.rejects(startOwnEngine(broken, progress), /did not start[\s\S]*no-such-driver/);
  });
});
