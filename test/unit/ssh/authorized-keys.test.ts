import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { scriptCall } from "../../../cli/cluster/host-shell";
import { bash, type BashRan } from "../../support/bash";
import { sshKeyPair } from "../../support/ssh-keys";

describe("the keys that a host lets in", () => {
  const [old, key, other] = [sshKeyPair().public, sshKeyPair().public, sshKeyPair().public];
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-keys-"));
    file = path.join(folder, "authorized_keys");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function change(before: string, keys: readonly string[], only: boolean, mode = 0o600, fake = ""): BashRan {
    writeFileSync(file, before);
    chmodSync(file, mode);
    const { command, input } = scriptCall("ssh-keys", { keys, only });
    return bash(command, { env: { authorized_keys: file, PATH: `${fake}:${process.env["PATH"] ?? ""}` }, input });
  }
  const now = (): string => readFileSync(file, "utf8");

  it("are the old ones and the new one, each once, also without a newline at the end", () => {
    assert.equal(change(`${old}\n`, [key], false).code, 0);
    assert.equal(now(), `${old}\n${key}\n`);
    change(old, [key], false);
    assert.equal(now(), `${old}\n${key}\n`);
    change(now(), [key, old], false);
    assert.equal(now(), `${old}\n${key}\n`);
  });

  it("are only the given ones, in the end; the file's mode stays", () => {
    for (const mode of [0o600, 0o644]) {
      assert.equal(change(`${old}\n${other}\n${key}\n`, [key], true, mode).code, 0);
      assert.equal(now(), `${key}\n`);
      assert.equal(statSync(file).mode & 0o777, mode);
    }
  });

  it("stay when there is none, or what comes is no key: nobody could log in any more", () => {
    for (const keys of [[], [""], ["from=x"], [key, 'command="x" ssh-ed25519 AAAA'], ["ssh-ed25519"]]) {
      const { code, stderr } = change(`${old}\n`, keys, true);
      assert.notEqual(code, 0, JSON.stringify(keys));
      assert.match(stderr, /isn't a public key|the input has no keys/);
      assert.equal(now(), `${old}\n`);
    }
  });

  it("stay when the new text can't be made, or lacks a key that has to log in", () => {
    const awk = path.join(folder, "awk");
    for (const [body, message] of [
      ["exit 137", /the new text of .* can't be made/],
      // (Without reading, it would break the pipe, which is another failure.)
      ["cat >/dev/null", /lacks a key/],
      [`cat >/dev/null; echo '${other}'`, /lacks a key/],
    ] as const) {
      writeFileSync(awk, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      for (const only of [true, false]) {
        const { code, stderr } = change(`${old}\n`, [key], only, 0o600, folder);
        assert.notEqual(code, 0, body);
        assert.match(stderr, message);
        assert.equal(now(), `${old}\n`);
      }
    }
  });
});
