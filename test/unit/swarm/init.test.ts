import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

const URL = "https://ca.example:8888/api/v1/cfssl/sign";

describe("the step that finds a swarm, with an external CA", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-init-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs the step while a swarm has this many nodes. @returns also what was posted to it */
  function run(nodes: number): BashRan & { readonly posted: string } {
    writeFileSync(path.join(folder, "managers"), "manager-1 10.0.0.1\n");
    const node = { Description: { Hostname: "manager-1" }, Status: { State: "ready" } };
    const list = JSON.stringify(Array.from({ length: nodes }, () => node));
    writeFileSync(path.join(folder, "nodes"), list);
    const swarm = { Version: { Index: 1 }, TLSInfo: { TrustRoot: "own" }, Spec: { Labels: {}, CAConfig: {} } };
    writeFileSync(path.join(folder, "swarm"), JSON.stringify(swarm));
    const curl = `
      curl() {
        local url
        for url; do :; done
        case $url in
          */info) cat >/dev/null; printf '{"Swarm":{"LocalNodeState":"active","Cluster":{"ID":"found"}}}\\n200' ;;
          */nodes) cat >/dev/null; cat ${folder}/nodes; printf '\\n200' ;;
          */swarm) cat >/dev/null; cat ${folder}/swarm; printf '\\n200' ;;
          *) cat >>${folder}/posted; printf '\\n200' ;;
        esac
      }`;
    const script = readScript("init")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .replaceAll("/etc/swarm-ha", folder);
    const data = {
      first: { name: "manager-1", address: "10.0.0.1" },
      overlay: { pool: "10.1.0.0/16", size: 24 },
      certificateExpiry: 720,
      externalCa: { urls: [URL], root: "company" },
      client: { key: "key" },
    };
    const ran = bash(`${curl}\n${script}`, { input: dataText(data) });
    const posted = path.join(folder, "posted");
    return { ...ran, posted: existsSync(posted) ? readFileSync(posted, "utf8") : "" };
  }

  it("leaves one that has other nodes to the step of its settings, which comes after the managers' checks", () => {
    const { code, stdout, stderr, posted } = run(5);
    assert.equal(code, 0, stderr);
    assert.deepEqual([JSON.parse(stdout), posted], [{ swarmId: "found" }, ""]);
  });

  it("moves one that a killed run has left with one node: all others join with a token of its root", () => {
    const { code, stderr, posted } = run(1);
    assert.equal(code, 0, stderr);
    assert.match(posted, /"SigningCACert":"company"/);
  });
});
