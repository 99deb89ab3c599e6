import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript, type StepData } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

const KEY = "SWMKEY-1-own";

describe("a manager of an autolocked swarm, on its host", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-unlock-"))));
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const calls = (): string[] => readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n");

  /** A Docker engine that is locked after each start, as a program `curl`. Its state is in a file. */
  const engine = (key: string | undefined): string => `
    curl() {
      local url body
      for url; do :; done
      body=$(cat)
      echo "\${url#http://engine}" >>${folder}/calls
      case $url in
        */info) printf '{"LocalNodeState":"%s"}\\n200' "$(<${folder}/state)" ;;
        */swarm/unlockkey) ${
          key === undefined
            ? `printf '{"message":"This node is not a swarm manager."}\\n503'`
            : `if [ "$(<${folder}/state)" = locked ]; then printf '{"message":"needs to be unlocked"}\\n503'
               else printf '{"UnlockKey":"${key}"}\\n200'; fi`
        } ;;
        */swarm/unlock)
          if [ "$body" = '{"UnlockKey":"${KEY}"}' ]; then echo active >${folder}/state; printf '\\n200'
          else printf '{"message":"invalid key"}\\n401'; fi ;;
        */volumes) printf '{"Volumes":[]}\\n200' ;;
        *) printf 'OK\\n200' ;;
      esac
    }
    service() { echo "service $*" >>${folder}/calls; echo ${key === undefined ? "active" : "locked"} >${folder}/state; }
    service_runs() { return 0; }
    ss() { echo LISTEN; }`;

  /** Runs a piece of shell with the libraries of host steps. */
  function run(piece: string, key: string | undefined, data: StepData = {}): BashRan {
    writeFileSync(path.join(folder, "state"), "active");
    const library = readFileSync("scripts/lib/engine.sh", "utf8").replaceAll("/run/swarm-ha", `${folder}/lock`);
    writeFileSync(path.join(folder, "engine.sh"), library);
    const script = `. scripts/lib/common.sh\n${engine(key)}\n. ${folder}/engine.sh\n. scripts/lib/unlock.sh\n${piece}`;
    return bash(script, { input: dataText(data) });
  }

  it("unlocks itself after a restart, with the key that it has asked its own Docker engine for before", () => {
    const { code, stderr } = run("restart_engine", KEY);
    assert.equal(code, 0, stderr);
    const made = calls();
    assert.ok(made.indexOf("/swarm/unlockkey") < made.indexOf("service restart docker"), made.join());
    assert.ok(made.indexOf("service restart docker") < made.indexOf("/swarm/unlock"), made.join());
    assert.equal(readFileSync(path.join(folder, "state"), "utf8").trim(), "active");
  });

  it("needs no key on a worker, and without autolock", () => {
    for (const key of [undefined, ""]) {
      rmSync(path.join(folder, "calls"), { force: true });
      const { code, stderr } = run("restart_engine", key);
      assert.equal(code, 0, stderr);
      assert.ok(!calls().includes("/swarm/unlock"));
    }
  });

  it("waits for an election before it restarts, for its key", () => {
    const waits = `asked=0; sleep() { :; }
      eval "real_$(declare -f engine)"
      engine() { if [ "$2" = /swarm/unlockkey ] && ((++asked < 4)); then reply="HTTP 500: The swarm does not have a leader."; return 1; fi; real_engine "$@"; }
      restart_engine; echo "asked $asked"`;
    const { code, stdout, stderr } = run(waits, KEY);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /asked 4/);
    assert.equal(readFileSync(path.join(folder, "state"), "utf8").trim(), "active");
  });

  it("restarts without a key that it got in no time, and says at once that it is locked", () => {
    const piece = `key_limit=0
      eval "real_$(declare -f engine)"
      engine() { if [ "$2" = /swarm/unlockkey ]; then reply="curl: (28) Operation timed out"; return 1; fi; real_engine "$@"; }
      within() { "\${@:2}"; }; agent_up() { seen=none; return 1; }
      await_agent manager-1`;
    const { code, stderr } = run(piece, KEY);
    assert.equal(code, 1);
    assert.match(stderr, /manager-1 is locked \(autolock\) after a restart.*npm run repair -- <stack>/);
    assert.doesNotMatch(stderr, /waited/);
  });

  it("is left locked with a remedy where the key doesn't fit, and shows no key", () => {
    const { code, stderr } = run("restart_engine", "SWMKEY-1-other");
    assert.equal(code, 1);
    assert.match(stderr, /can't be unlocked \(HTTP 401: invalid key\)\. Unlock it: npm run repair -- <stack>/);
    assert.ok(!stderr.includes("SWMKEY"));
  });

  it("is named by the step that joins it, which doesn't wait", () => {
    writeFileSync(path.join(folder, "state"), "locked");
    const script = readScript("join")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .replaceAll("/etc/swarm-ha", folder);
    const data = {
      name: "manager-1",
      address: "10.0.0.1",
      swarmId: "x",
      grant: { token: "t", managers: [], at: 1, known: [] },
    };
    const { code, stderr } = bash(`${engine(KEY)}\n${script}`, { input: dataText(data) });
    assert.equal(code, 1);
    assert.match(stderr, /manager-1 is locked \(autolock\).*Unlock it: npm run repair -- <stack>; then run `up` again/);
  });

  it("stops the steps of a survivor whose recovery was interrupted, before they change anything", () => {
    const [swarm, called] = [path.join(folder, "swarm"), path.join(folder, "calls")];
    mkdirSync(swarm);
    writeFileSync(path.join(swarm, "docker-state.swarm-ha"), "{}");
    const grant = { token: "t", managers: [], at: 1, known: [] };
    const data = { name: "manager-1", address: "10.0.0.1", swarmId: "x", grant };
    for (const step of ["join", "prepare"]) {
      const script = readScript(step)
        .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
        .replaceAll("/etc/swarm-ha", folder);
      const env = { swarm_folder: swarm };
      const { code, stderr } = bash(`${engine(KEY)}\n${script}`, { input: dataText(data), env });
      assert.equal(code, 1);
      assert.match(stderr, /a recovery from manager-1 was interrupted\. .*npm run recover -- <stack>/);
      assert.equal(existsSync(called), false);
    }
    // The new cluster was formed, and only the end of the recovery is missing.
    writeFileSync(path.join(swarm, "docker-state.json"), "{}");
    writeFileSync(path.join(folder, "state"), "locked");
    const script = readScript("join")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .replaceAll("/etc/swarm-ha", folder);
    const { stderr } = bash(`${engine(KEY)}\n${script}`, { input: dataText(data), env: { swarm_folder: swarm } });
    assert.match(stderr, /manager-1 is locked/);
  });

  it("gives up an interrupted recovery when it leaves its swarm: then it may join another one", () => {
    const swarm = path.join(folder, "swarm");
    mkdirSync(swarm);
    writeFileSync(path.join(swarm, "docker-state.swarm-ha"), "{}");
    for (const name of ["state", "prepared"]) writeFileSync(path.join(folder, name), "inactive");
    const stubs = `${engine(undefined)}\nreached() { :; }\n`;
    const script = readScript("host")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .replaceAll("/etc/swarm-ha", folder)
      .replace("name=$(value name)\n", (line) => `${stubs}${line}`);
    const data = { name: "manager-1", action: "leave", peers: [] };
    const { code, stderr } = bash(script, { input: dataText(data), env: { swarm_folder: swarm } });
    assert.equal(code, 0, stderr);
    assert.ok(calls().includes("/swarm/leave?force=true"), calls().join());
    assert.equal(existsSync(path.join(swarm, "docker-state.swarm-ha")), false);
  });

  it("is named by the step that puts it into service, which doesn't wait", () => {
    const node = { ID: "n", Description: { Hostname: "manager-1" }, Status: { State: "down" } };
    const of = { ...node, ManagerStatus: { Addr: "10.0.0.1:2377", Reachability: "unreachable" } };
    const piece = (state: string): string => `
      input= ; . scripts/lib/common.sh; . scripts/lib/ready.sh
      cluster() { reply='${JSON.stringify(of)}'; }
      ask() { [ "$1 $2 $3" = "10.0.0.1 GET /info" ] && reply='{"LocalNodeState":"${state}"}'; }
      id=n role=manager
      wait_for 1 "manager-1 to be Ready" ready`;
    assert.match(bash(piece("locked")).stderr, /manager-1 is locked \(autolock\).*npm run repair/);
    assert.match(bash(piece("active")).stderr, /waited 1 s for manager-1 to be Ready/);
  });

  it("is unlocked after a backup that fails while its Docker engine is stopped", () => {
    const docker = path.join(folder, "docker");
    const piece = readScript("save-swarm")
      .text.replaceAll("/run/swarm-ha", `${folder}/lock`)
      .replaceAll("/etc/swarm-ha", folder)
      .replaceAll("/var/lib/docker", docker);
    const stubs = `mkdir -p ${docker}/swarm; echo x >${docker}/swarm/docker-state.json; touch ${folder}/prepared
      ${engine(KEY)}
      timeout() { return 1; }; may_stop() { :; }\n`;
    // After the libraries, whose functions they take the place of.
    const script = piece.replace("name=$(value name)\n", (line) => `${stubs}${line}`);
    writeFileSync(path.join(folder, "state"), "active");
    const { code, stderr } = bash(script, { input: dataText({ name: "manager-1", unlockKey: KEY }) });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /can't be copied/);
    assert.equal(readFileSync(path.join(folder, "state"), "utf8").trim(), "active");
  });
});
