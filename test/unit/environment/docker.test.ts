import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerConfigFile, helperFor, missingHelper } from "../../../cli/workstation/docker-credentials";

describe("docker's credential helpers", () => {
  it("are the registry's own, else the one for all, else none", () => {
    const config = JSON.stringify({ credsStore: "desktop", credHelpers: { "r.example:5000": "own" } });
    assert.equal(helperFor("r.example:5000", config)?.program, "docker-credential-own");
    assert.equal(helperFor("localhost:5000", config)?.program, "docker-credential-desktop");
    for (const none of ["{}", "null", "", '{"credsStore":""}']) assert.equal(helperFor("r", none), undefined, none);
  });

  it("are missed before docker is asked, by file, key and program", () => {
    const folder = mkdtempSync(join(tmpdir(), "swarm-ha-docker-"));
    const path = process.env["PATH"];
    try {
      const file = dockerConfigFile({ DOCKER_CONFIG: folder });
      assert.equal(missingHelper("localhost:5000", file), undefined);
      writeFileSync(file, '{"credsStore":"not-there"}');
      const text = missingHelper("localhost:5000", file) ?? "";
      assert.ok(text.startsWith(`${file} names a credential helper (credsStore), but`), text);
      assert.match(text, /docker-credential-not-there isn't installed\. Install it, or remove that key/);
      writeFileSync(join(folder, "docker-credential-not-there"), "", { mode: 0o755 });
      process.env["PATH"] = folder;
      assert.equal(missingHelper("localhost:5000", file), undefined);
    } finally {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
