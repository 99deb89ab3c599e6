import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineUnit, ensureDockerEngine } from "../../../cli/workstation/docker-engine";
import { askEngine, socketOf } from "../../../cli/workstation/docker-socket";
import { claimOwnEngine, hasOwnEngine, readEngineRecord, stopOwnEngine } from "../../../cli/workstation/own-engine";
import { identify, isAlive } from "../../../cli/workstation/process-identity";

describe("finding a Docker engine", () => {
  let folder: string;
  let socket: string;
  let server: Server | undefined;

  const serve = (listener: RequestListener) =>
    new Promise<void>((done) => {
      server = createServer(listener).listen(socket, done);
    });
  const version: RequestListener = (_, response) => response.end('{"Version":"20.10.24+dfsg1","ApiVersion":"1.41"}');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "swarm-ha-unit-"));
    socket = join(folder, "docker.sock");
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes DOCKER_HOST for a local socket only", () => {
    assert.equal(socketOf(undefined), "/var/run/docker.sock");
    assert.equal(socketOf(""), "/var/run/docker.sock");
    assert.equal(socketOf("unix:///run/user/1000/docker.sock"), "/run/user/1000/docker.sock");
    for (const remote of ["tcp://10.0.0.1:2376", "ssh://root@host", "unix://"]) {
      assert.throws(() => socketOf(remote), /DOCKER_HOST is .*unset it, or give a local socket/);
    }
  });

  it("uses the engine that DOCKER_HOST reaches", async () => {
    await serve(version);
    const engine = await ensureDockerEngine({ dockerHost: `unix://${socket}` });
    assert.deepEqual(engine, { socket, dockerHost: `unix://${socket}`, version: "20.10.24+dfsg1" });
  });

  it("uses the one on the default socket", async () => {
    await serve(version);
    assert.equal((await ensureDockerEngine({ dockerHost: undefined, defaultSocket: socket })).socket, socket);
  });

  it("starts none where DOCKER_HOST names one that is not there", async () => {
    await assert.rejects(
      ensureDockerEngine({ dockerHost: `unix://${socket}`, place: { directory: folder } }),
      /no engine answers there .*Start that engine, or unset DOCKER_HOST/,
    );
  });

  it("knows a Docker engine of the system's that is only stopped from none, and from its own", () => {
    assert.equal(engineUnit(""), undefined);
    assert.equal(engineUnit("docker.service masked enabled\n"), undefined);
    assert.equal(engineUnit("docker.service disabled enabled\ndocker.socket  enabled enabled\n"), "docker.socket");
    assert.equal(engineUnit("docker.service disabled enabled\n"), "docker.service");
    assert.ok(!hasOwnEngine({ directory: folder }));
    claimOwnEngine({ directory: folder });
    assert.ok(hasOwnEngine({ directory: folder }));
  });

  it("says what it found if that is no working engine", async () => {
    await serve((_, response) => response.writeHead(503).end("out of order"));
    await assert.rejects(ensureDockerEngine({ dockerHost: `unix://${socket}` }), /HTTP 503.*out of order/);
  });

  it("does not wait for ever for one that is silent", async () => {
    await serve(() => undefined);
    assert.equal((await askEngine(socket, 50)).kind, "silent");
  });

  it("takes a stale socket for no engine", async () => {
    writeFileSync(socket, "");
    assert.equal((await askEngine(socket)).kind, "absent");
  });

  it("never stops a process that only has the pid of the engine that was started", async () => {
    const self = identify(process.pid);
    assert.ok(self !== undefined && isAlive(self));
    const record = { ...self, startTime: "1", socket };
    writeFileSync(join(folder, "engine.json"), JSON.stringify(record));
    assert.deepEqual(readEngineRecord({ directory: folder }), record);
    assert.match(await stopOwnEngine({ directory: folder, socket }), /was not running any more/);
    assert.equal(readEngineRecord({ directory: folder }), undefined);
  });

  it("takes a damaged record for none", async () => {
    writeFileSync(join(folder, "engine.json"), '{"pid": 12');
    assert.equal(readEngineRecord({ directory: folder }), undefined);
    assert.match(await stopOwnEngine({ directory: folder }), /nothing to stop/);
  });
});
