import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, findProgram } from "../../../cli/workstation/command";
import { ensureDockerEngine } from "../../../cli/workstation/docker-engine";
import { askEngine } from "../../../cli/workstation/docker-socket";
import { readRecord, startDockerd, stopDockerd, type DockerdPlace } from "../../../cli/workstation/dockerd";
import { isAlive } from "../../../cli/workstation/process-identity.cjs";
import { createProgress } from "../../../cli/terminal/progress";
import { besideAnotherEngine, bridges, prepareEngine, removeEngine } from "../../support/engine-beside";

/** A bridge as another Docker engine's network has it. Bridges of tests that run beside this one come and go. */
const OTHER = "br-swarmhatest";

describe("a Docker engine that set-up starts", function () {
  const place: Required<DockerdPlace> = besideAnotherEngine(join(tmpdir(), "swarm-ha-test-engine"));
  let others: readonly string[];
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  const ensure = () => ensureDockerEngine({ dockerHost: undefined, place, interactive: false, progress });
  const canRun = process.getuid?.() === 0 && findProgram("dockerd") !== undefined;

  const clean = async (): Promise<void> => {
    await removeEngine(place);
    await command("ip", ["link", "delete", OTHER], { timeout: 5000 }).catch(() => undefined);
  };

  before(async function () {
    if (!canRun) this.skip();
    await clean();
    await command("ip", ["link", "add", "name", OTHER, "type", "bridge"], { timeout: 5000 });
    others = (await bridges()).filter((bridge) => ["docker0", OTHER].includes(bridge));
    assert.ok(others.includes(OTHER));
    await prepareEngine(place);
  });

  after(async () => {
    if (canRun) await clean();
  });

  it("is started where none answers, in a session of its own, and says how to stop it", async () => {
    const engine = await ensure();
    assert.equal(engine.socket, place.socket);
    assert.match(engine.version, /^\d+\.\d+/);
    const record = readRecord(place);
    assert.ok(record !== undefined && isAlive(record));
    const session = await command("ps", ["-o", "sid=", "-p", String(record.pid)], { timeout: 5000 });
    assert.equal(Number(session), record.pid, "a terminal's hang-up must not reach it");
    assert.match(said.join(""), /stays running.*npm run engine:stop/);
  });

  it("is used as it is when it runs", async () => {
    const before = readRecord(place);
    await Promise.all([ensure(), startDockerd(place, progress)]);
    assert.deepEqual(readRecord(place), before);
  });

  it("is started again after it was killed, by two runs at once only one time", async () => {
    const before = readRecord(place);
    assert.ok(before !== undefined);
    process.kill(before.pid, "SIGKILL");
    while (isAlive(before)) await new Promise((done) => setTimeout(done, 10));
    assert.ok(existsSync(place.socket), "the stale socket is what the restart has to get over");
    const engines = await Promise.all([ensure(), ensure()]);
    const now = readRecord(place);
    assert.ok(now !== undefined && now.pid !== before.pid && isAlive(now));
    assert.deepEqual(engines[0], engines[1]);
    assert.ok(
      existsSync(join(place.directory, "engine.log.old")),
      "the log of the Docker engine that was killed is kept",
    );
  });

  it("is stopped on request, with all that it started", async () => {
    const record = readRecord(place);
    assert.match(await stopDockerd(place), /has stopped/);
    assert.ok(record !== undefined && !isAlive(record));
    assert.equal((await askEngine(place.socket)).kind, "absent");
    const left = await command("ps", ["-eo", "args"], { timeout: 5000 });
    assert.ok(!left.includes(place.directory), left);
    assert.match(await stopDockerd(place), /nothing to stop/);
    const now = await bridges();
    for (const bridge of others) assert.ok(now.includes(bridge), `${bridge} was another Docker engine's, and is gone`);
  });

  it("that can't start says why, with its log", async () => {
    const broken = { ...place, arguments: [...place.arguments, "--storage-driver=no-such-driver"] };
    await assert.rejects(startDockerd(broken, progress), /did not start[\s\S]*no-such-driver/);
  });
});
