import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash } from "../../support/bash";

const TOOLS = ["dockerd", "curl", "haproxy", "jq", "ip", "ss", "openssl"];

describe("the preparation of a host", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-engine-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs the step up to its first look at the certificates, with a Docker engine of a version.
   *
   * @returns what it said, and the files that it has written
   */
  function prepare(version: string): { said: string; written: string[] } {
    const bin = mkdtempSync(path.join(folder, "bin-"));
    for (const tool of TOOLS) {
      const says = { dockerd: `Docker version ${version}, build 411e817`, openssl: "no certificate" }[tool] ?? "";
      writeFileSync(path.join(bin, tool), `#!/bin/sh\necho "${says}"\n[ ${tool} = dockerd ]\n`);
      chmodSync(path.join(bin, tool), 0o755);
    }
    const etc = mkdtempSync(path.join(folder, "etc-"));
    const script = readScript("prepare")
      .text.replaceAll("/etc/", `${etc}/`)
      .replaceAll("/run/swarm-ha", `${folder}/lock`);
    const input = dataText({ name: "worker-1", ca: "ca", registry: "registry:5000", daemon: "{}" });
    const { code, stderr } = bash(script, { input, env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` } });
    assert.equal(code, 1, stderr);
    return { said: stderr, written: readdirSync(etc) };
  }

  for (const version of ["20.10.0", "20.10.24+dfsg1", "26.1.5+dfsg1", "28.5.2", "100.0.0"])
    it(`goes on with a Docker engine ${version}`, () => {
      assert.match(prepare(version).said, /the CA certificate can't be read/);
    });
  for (const version of ["19.03.15", "18.09.1", "9.1.0", "1.13.1"])
    it(`refuses ${version}, and has changed nothing`, () => {
      const { said, written } = prepare(version);
      assert.ok(
        said.includes(`the Docker engine of worker-1 has version ${version}, but 20.10 or later is needed`),
        said,
      );
      assert.deepEqual(written, []);
    });
});
