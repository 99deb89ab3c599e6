import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash } from "../../support/bash";

describe("a forced start", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "swarm-ha-recover-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** The script's words on a host with this swarm's data, and whether it has called the Docker engine, which doesn't answer. */
  function recover(swarm: string, address: string): { readonly said: string; readonly called: boolean } {
    for (const part of ["raft/wal-v3-encrypted", "certificates"]) mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, "raft/wal-v3-encrypted/0000000000000000-0000000000000000.wal"), Buffer.alloc(64));
    // The address comes first, and more than a pipe holds comes after it.
    const stubs = `
      openssl() { printf 'subject=\\n    organizationName          = ${swarm}\\n    commonName                = node\\n'; }
      ip() { echo "2: eth0    inet 10.0.0.5/20 brd 10.0.15.255"; seq 200000; }
      curl() { touch ${folder}/called; return 7; }`;
    const script = readScript("recover").text.replaceAll("/run/swarm-ha", `${folder}/lock`);
    const data = { name: "manager-1", address, swarmId: "own", at: "2030-01-01T00:00:00Z" };
    const { code, stderr } = bash(`${stubs}\n${script}`, { input: dataText(data), env: { swarm_folder: folder } });
    assert.equal(code, 1, stderr);
    return { said: stderr, called: existsSync(join(folder, "called")) };
  }

  it("refuses the data of another swarm before it changes anything", () => {
    const { said, called } = recover("other", "10.0.0.5");
    assert.match(said, /data of the swarm other, but this stack's swarm is own\. Nothing was changed/);
    assert.equal(called, false);
  });

  it("refuses an address that the host doesn't have, and finds one that it has among many", () => {
    assert.match(recover("own", "10.0.0.50").said, /does not have the address 10\.0\.0\.50/);
    assert.equal(existsSync(join(folder, "called")), false);
    assert.match(recover("own", "10.0.0.5").said, /the Docker engine doesn't answer/);
    assert.equal(existsSync(join(folder, "called")), true);
  });

  /** Whether a cluster was formed, by a Docker engine with this answer, and what it was asked. */
  function force(answer: string, ...call: readonly string[]): { readonly formed: boolean; readonly asked: string } {
    const asked = join(folder, "asked");
    const script = `. scripts/lib/forced.sh
      ${call[0] ?? "engine"}() { { echo "$*"; cat; } >${asked}; reply='${answer}'; return ${answer === "" ? "0" : "1"}; }
      force_swarm 10.0.0.5 60 ${call.join(" ")}`;
    const { code } = bash(script);
    return { formed: code === 0, asked: readFileSync(asked, "utf8") };
  }

  it("keeps the swarm's settings: the Docker engine refuses those that are given after it has formed the cluster", () => {
    const { formed, asked } = force("HTTP 400: unrecognized protocol leave-all-settings");
    assert.equal(formed, true);
    const [line = "", ...body] = asked.split("\n");
    assert.equal(line, "POST /swarm/init 60");
    assert.deepEqual(JSON.parse(body.join("\n")), {
      ForceNewCluster: true,
      ListenAddr: "10.0.0.5:2377",
      AdvertiseAddr: "10.0.0.5:2377",
      Spec: { CAConfig: { ExternalCAs: [{ Protocol: "leave-all-settings" }] } },
    });
    assert.equal(force("", "another").formed, true);
    assert.equal(force("HTTP 500: no space left on device", "another").formed, false);
  });
});
