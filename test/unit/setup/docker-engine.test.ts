import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDockerEngine } from "../../../cli/workstation/docker-engine";
import { askEngine, socketOf } from "../../../cli/workstation/docker-socket";
import { readRecord, removeStalePidFile, stopDockerd } from "../../../cli/workstation/dockerd";
import { identify, isAlive } from "../../../cli/workstation/process-identity.cjs";
import { startDockerService } from "../../../cli/workstation/systemd";
import { createProgress } from "../../../cli/terminal/progress";

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

  it("uses the Docker engine that DOCKER_HOST reaches", async () => {
    await serve(version);
    const engine = await ensureDockerEngine({ dockerHost: `unix://${socket}` });
    assert.deepEqual(engine, { socket, dockerHost: `unix://${socket}`, version: "20.10.24+dfsg1" });
  });

  it("uses the one on the default socket", async () => {
    await serve(version);
    assert.equal((await ensureDockerEngine({ dockerHost: undefined, place: { socket } })).socket, socket);
  });

  it("starts none where DOCKER_HOST names one that is not there", async () => {
    await assert.rejects(
      ensureDockerEngine({ dockerHost: `unix://${socket}`, place: { directory: folder } }),
      /no Docker engine answers there .*Start that Docker engine, or unset DOCKER_HOST/,
    );
  });

  it("starts systemd's docker.service, and shows the journal if that fails", async () => {
    const path = process.env["PATH"];
    const program = (name: string, text: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    };
    const said: string[] = [];
    const progress = createProgress({ write: (text) => said.push(text) });
    program("systemctl", `echo "$@" >${join(folder, "asked")}`);
    program("journalctl", "echo failed to start daemon: no such storage driver");
    try {
      process.env["PATH"] = `${folder}:${path ?? ""}`;
      await startDockerService(progress);
      assert.equal(readFileSync(join(folder, "asked"), "utf8"), "start docker.service\n");
      program("systemctl", "echo Job for docker.service failed. >&2; exit 1");
      await assert.rejects(
        startDockerService(progress),
        /exit code 1[\s\S]*Job for docker.service failed[\s\S]*journalctl -u docker:\n {2}failed to start daemon/,
      );
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("says what it found if that is no working engine", async () => {
    await serve((_, response) => response.writeHead(503).end("out of order"));
    await assert.rejects(ensureDockerEngine({ dockerHost: `unix://${socket}` }), /HTTP 503.*out of order/);
  });

  it("does not wait for ever for one that is silent", async () => {
    await serve(() => undefined);
    assert.equal((await askEngine(socket, 50)).kind, "silent");
  });

  it("takes a stale socket for no Docker engine", async () => {
    writeFileSync(socket, "");
    assert.equal((await askEngine(socket)).kind, "absent");
  });

  it("never stops a process that only has the pid of the Docker engine that was started", async () => {
    const self = identify(process.pid);
    assert.ok(self !== undefined && isAlive(self));
    const record = { ...self, startTime: "1" };
    writeFileSync(join(folder, "engine.json"), JSON.stringify(record));
    assert.deepEqual(readRecord({ directory: folder }), record);
    assert.match(await stopDockerd({ directory: folder, socket }), /was not running any more/);
    assert.equal(readRecord({ directory: folder }), undefined);
  });

  it("takes a damaged record for none", async () => {
    writeFileSync(join(folder, "engine.json"), '{"pid": 12');
    assert.equal(readRecord({ directory: folder }), undefined);
    assert.match(await stopDockerd({ directory: folder }), /nothing to stop/);
  });

  it("removes the pid file of a dockerd that is gone, also when its pid is in use again", () => {
    const file = join(folder, "docker.pid");
    const name = readFileSync(`/proc/${process.pid}/comm`, "utf8").trim();
    writeFileSync(file, `${process.pid}`);
    removeStalePidFile(file, name);
    assert.ok(existsSync(file), "the process that it names runs");
    for (const pid of [process.pid, 2 ** 22 + 1]) {
      writeFileSync(file, `${pid}\n`);
      removeStalePidFile(file, "dockerd");
      assert.ok(!existsSync(file));
    }
    removeStalePidFile(file, "dockerd");
  });
});
