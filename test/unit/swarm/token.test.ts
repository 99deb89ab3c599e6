import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

describe("the token step", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-token-"));
    const curl = path.join(folder, "curl");
    // The answers of a manager: body, newline, HTTP status.
    writeFileSync(
      curl,
      `#!/bin/sh\nfor url; do :; done\ncat >/dev/null\ncat "${folder}/$(basename "\${url%%\\?*}").json"; printf '\\n200'\n`,
    );
    chmodSync(curl, 0o755);
    writeFileSync(path.join(folder, "managers"), "manager-1 10.0.0.1\n");
    const swarm = { ID: "cluster", JoinTokens: { Manager: "token-of-managers", Worker: "token-of-workers" } };
    writeFileSync(path.join(folder, "swarm.json"), JSON.stringify(swarm));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs the step.
   *
   * @param managers names of the swarm's managers
   * @param slots who has a join slot
   */
  function run(name: string, managers: readonly string[], slots: readonly string[] = []): BashRan {
    const nodes = managers.map((manager, i) => ({
      ID: `id-${manager}`,
      Description: { Hostname: manager },
      Status: { State: "ready" },
      ManagerStatus: { Reachability: "reachable", Addr: `10.0.0.${String(i + 1)}:2377` },
      Spec: { Labels: {} },
    }));
    writeFileSync(path.join(folder, "nodes.json"), JSON.stringify(nodes));
    if (slots.length > 0) {
      const end = Math.floor(Date.now() / 1000) + 60;
      writeFileSync(path.join(folder, "swarm-ha-joining"), slots.map((one) => `${one} ${String(end)}\n`).join(""));
    }
    const script = readScript("token")
      .text.replaceAll("/etc/swarm-ha/", `${folder}/`)
      .replaceAll("/run/swarm-ha", `${folder}/swarm-ha`)
      .replace("wait_for 900", "wait_for 1");
    const role = name.startsWith("manager") ? "manager" : "worker";
    const data = { name, role, identity: "new", swarmId: "cluster", epoch: 0, client: { key: "key" } };
    return bash(script, { input: dataText(data), env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` } });
  }
  const slots = (): string[] => {
    const file = path.join(folder, "swarm-ha-joining");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line) => line.split(" ").slice(0, 1))
      .filter((one) => one !== "");
  };
  const granted = (ran: BashRan): { token: string; managers: string[] } => {
    assert.equal(ran.code, 0, ran.stderr);
    return JSON.parse(ran.stdout) as { token: string; managers: string[] };
  };

  it("gives the founder no slot: it is a member", () => {
    assert.equal(granted(run("manager-1", ["manager-1"])).token, "token-of-managers");
    assert.deepEqual(slots(), []);
  });

  it("gives a second manager a slot while the founder is alone", () => {
    granted(run("manager-3", ["manager-1"], ["manager-2"]));
    assert.deepEqual(slots(), ["manager-2", "manager-3"]);
  });

  it("gives no third one", () => {
    const { code, stderr } = run("manager-4", ["manager-1"], ["manager-2", "manager-3"]);
    assert.equal(code, 1);
    assert.match(stderr, /waited 1 s for a slot for manager-4 .*saw last: manager-2, manager-3 still joining/);
  });

  it("gives one manager at a time a slot once there are two", () => {
    const { code, stderr } = run("manager-3", ["manager-1", "manager-2"], ["manager-2"]);
    assert.equal(code, 1);
    assert.match(stderr, /saw last: manager-2 still joining/);
    assert.deepEqual(granted(run("manager-3", ["manager-1", "manager-2"], ["manager-3"])).managers, [
      "10.0.0.1:2377",
      "10.0.0.2:2377",
    ]);
  });

  it("gives a worker its token at once", () => {
    assert.equal(granted(run("worker-1", ["manager-1", "manager-2"], ["manager-2"])).token, "token-of-workers");
    assert.deepEqual(slots(), ["manager-2"]);
  });
});
