import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { dataText, readScript, type StepData } from "../../../components/ssh/script";
import { bash, type BashRan } from "../../support/bash";

const NOBLE = "1~ubuntu.24.04~noble";

/** What the repository has, as `apt-cache madison` lists it: the newest first. */
const MADISON = ["docker-ce", "docker-ce-cli"]
  .flatMap((name) => ["28.5.20", "28.5.2", "28.5.1"].map((version) => ` ${name} | 5:${version}-${NOBLE}`))
  .map((start) => `${start} | https://download.docker.com/linux/ubuntu noble/stable amd64 Packages`)
  .join("\n");

/** What programs do besides noting their call. */
const STUBS: Readonly<Record<string, string>> = {
  "apt-cache": 'exec awk -v package="$2" "\\$1 == package" "$folder/madison"',
  curl: `case \${*: -1} in
*/info) printf '{"LocalNodeState":"active","ControlAvailable":%s}\\n200' "$([ -e "$folder/nodes" ] && echo true || echo false)" ;;
*/nodes) printf '%s\\n200' "$(<"$folder/nodes")" ;;
esac
exit 0`,
  "dpkg-query": 'grep -qxF "${*: -1}" "$folder/installed" && printf installed; exit',
  "apt-get": `[ ! -e "$folder/fails" ] || [[ "$*" != *"$(<"$folder/fails")"* ]] || exit 100
[[ "$*" != *--simulate* || "$*" != *" install "* ]] || { cat "$folder/plan"; exit 0; }
[[ "$*" != *--simulate* ]] || { printf 'Inst linux-image\\nInst bash\\nConf bash\\n'; exit 0; }`,
};

describe("the upgrade of a host's Docker packages", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarm-ha-upgrade-"));
    mkdirSync(path.join(folder, "systemd/system"), { recursive: true });
    writeFileSync(path.join(folder, "madison"), `${MADISON}\n`);
    writeFileSync(path.join(folder, "installed"), "docker-ce\ndocker-ce-cli\ncontainerd.io\n");
    for (const program of [
      "apt-get",
      "apt-cache",
      "apt-mark",
      "dpkg",
      "dpkg-query",
      "systemctl",
      "systemd-run",
      "curl",
    ]) {
      writeFileSync(path.join(folder, program), `#!/bin/bash\n${STUBS[program] ?? ""}\nnote ${program} "$@"\n`);
      chmodSync(path.join(folder, program), 0o755);
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a script of a host, with its system's programs and its /run in the folder. */
  const run = (step: string, data: StepData): BashRan => {
    const text = readScript(step).text.replaceAll("/run/", `${folder}/`);
    return bash(`sleep() { SECONDS=$((SECONDS + 700)); }; ${text}`, {
      input: dataText(data),
      env: {
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        folder,
        own_folder: path.join(folder, "own"),
        start_policy: path.join(folder, "policy-rc.d"),
        "BASH_FUNC_note%%": `() { echo "$* $([ ! -e "$start_policy" ] || echo '(no starts)')" >>"$folder/calls"; }`,
      },
    });
  };
  const calls = (): string[] =>
    readFileSync(path.join(folder, "calls"), "utf8")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [line.trim()]));
  /** Calls that change something, without apt's own options. */
  const changes = (): string[] =>
    calls()
      .filter(
        (line) =>
          / (install|upgrade|hold|stop|start|restart|enable|reboot)/.test(line) && !/apt-daily|^dpkg/.test(line),
      )
      .map((line) => line.replace(/-qy -o Acquire\S+ -o DPkg\S+ /, ""));
  const packages = `docker-ce=5:28.5.2-${NOBLE} docker-ce-cli=5:28.5.2-${NOBLE} containerd.io`;
  const install = "apt-get install --allow-change-held-packages --no-install-recommends";
  const hold = "apt-mark hold docker-ce docker-ce-cli containerd.io";
  const start = ["systemctl enable --quiet docker", "systemctl start docker"];

  it("downloads exactly the version while the engine runs, stops it, installs, holds and starts", () => {
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
    assert.equal(code, 0, stderr);
    assert.deepEqual(changes(), [
      `${install} --download-only ${packages}`,
      "systemctl stop docker.socket docker.service",
      `${install} ${packages} (no starts)`,
      "systemctl restart containerd",
      hold,
      ...start,
    ]);
    assert.ok(!existsSync(path.join(folder, "policy-rc.d")));
  });

  it("changes nothing where no repository has the version, and leaves the engine as it is", () => {
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.3", reboot: false });
    assert.equal(code, 1);
    assert.match(stderr, /no repository of worker-1 has docker-ce 28\.5\.3/);
    assert.deepEqual(changes(), [hold, ...start]);
  });

  it("finds the version among thousands", () => {
    writeFileSync(path.join(folder, "madison"), `${MADISON}\n`.repeat(5000));
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
    assert.equal(code, 0, stderr);
    assert.equal(changes()[0], `${install} --download-only ${packages}`);
  });

  describe("of Debian", () => {
    const debian = (installed: readonly string[], apart = installed.includes("docker-cli")): void => {
      writeFileSync(path.join(folder, "installed"), `${installed.join("\n")}\n`);
      const versions = ["28.5.20+dfsg1-1", "28.5.2~rc1+dfsg1-1", "28.5.2+dfsg1-2", "28.5.2+dfsg1-1"];
      const lines = ["docker.io", ...(apart ? ["docker-cli"] : [])].flatMap((name) =>
        versions.map((version) => ` ${name} | ${version} | http://deb.debian.org/debian forky/main amd64 Packages\n`),
      );
      writeFileSync(path.join(folder, "madison"), lines.join(""));
    };

    it("installs the engine's and the client's package, and the newest containerd", () => {
      debian(["docker.io", "docker-cli", "containerd"]);
      const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
      assert.equal(code, 0, stderr);
      const [, , installs, , held] = changes();
      assert.equal(installs, `${install} docker.io=28.5.2+dfsg1-2 docker-cli=28.5.2+dfsg1-2 containerd (no starts)`);
      assert.equal(held, "apt-mark hold docker.io docker-cli containerd");
    });

    it("has the client in the engine's package before Debian 13", () => {
      debian(["docker.io", "containerd"]);
      assert.equal(run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false }).code, 0);
      assert.equal(changes()[2], `${install} docker.io=28.5.2+dfsg1-2 containerd (no starts)`);
    });

    it("gets the client's own package where the wanted version has it apart, and the installed one doesn't", () => {
      debian(["docker.io", "containerd"], true);
      const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
      assert.equal(code, 0, stderr);
      const [, , installs, , held] = changes();
      assert.equal(installs, `${install} docker.io=28.5.2+dfsg1-2 docker-cli=28.5.2+dfsg1-2 containerd (no starts)`);
      assert.equal(held, "apt-mark hold docker.io docker-cli containerd");
    });

    it("is offered in its own versions", () => {
      debian(["docker.io", "containerd"]);
      const offered = (engine: string): boolean => {
        const { stdout } = run("host-system", { name: "worker-1", engine, lists: false });
        return (JSON.parse(stdout) as { offered: boolean }).offered;
      };
      assert.deepEqual(["28.5.2", "28.5", "28.5.3"].map(offered), [true, false, false]);
    });
  });

  describe("on a host that existed before the stack", () => {
    const claimed = (): void => {
      mkdirSync(path.join(folder, "own"));
      writeFileSync(path.join(folder, "own/packages"), "jq\n");
      writeFileSync(
        path.join(folder, "plan"),
        "Inst docker-ce [5:26.1.5] (5:28.5.2 Docker [amd64])\nInst tini (0.19 Debian [amd64])\n",
      );
    };
    const noted = (): string => readFileSync(path.join(folder, "own/packages"), "utf8");
    const upgraded = (): BashRan => run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });

    it("notes packages that are new, before they are installed, so that a release removes them", () => {
      claimed();
      writeFileSync(path.join(folder, "own/host"), "name worker-1\n");
      writeFileSync(path.join(folder, "fails"), "--no-install-recommends docker-ce");
      assert.equal(upgraded().code, 1);
      assert.equal(noted(), "jq\ntini\n");
    });

    it("and notes nothing on one that the program made", () => {
      claimed();
      assert.equal(upgraded().code, 0);
      assert.equal(noted(), "jq\n");
    });
  });

  it("fails where containerd doesn't start with the new package", () => {
    writeFileSync(path.join(folder, "systemctl"), `#!/bin/bash\nnote systemctl "$@"\n[ "$1" != restart ]\n`);
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
    assert.equal(code, 1);
    assert.match(stderr, /containerd of worker-1 doesn't start/);
  });

  describe("on a manager", () => {
    const managers = (...reachability: string[]): void => {
      const nodes = reachability.map((each, i) => ({
        Description: { Hostname: `manager-${i + 1}` },
        Status: { State: each === "reachable" ? "ready" : "down" },
        ManagerStatus: { Reachability: each },
      }));
      writeFileSync(path.join(folder, "nodes"), JSON.stringify(nodes));
    };
    const upgrade = (engine: string, reboot: boolean): BashRan =>
      run("upgrade-engine", { name: "manager-1", engine, reboot });

    it("stops nothing where another manager has failed since the plan", () => {
      managers("reachable", "reachable", "unreachable");
      for (const [engine, reboot] of [
        ["28.5.2", false],
        ["", true],
      ] as const) {
        const { code, stderr } = upgrade(engine, reboot);
        assert.equal(code, 1);
        assert.match(stderr, /without manager-1 the managers would have no majority/);
      }
      assert.deepEqual(
        changes().filter((line) => / stop|reboot$/.test(line)),
        [],
      );
    });

    it("goes on while the others are a majority", () => {
      managers("reachable", "reachable", "reachable");
      const { code, stderr } = upgrade("28.5.2", true);
      assert.equal(code, 0, stderr);
      assert.ok(changes().includes("systemctl stop docker.socket docker.service"));
    });
  });

  it("starts the engine again when the installation fails, and holds the packages", () => {
    writeFileSync(path.join(folder, "fails"), "--no-install-recommends docker-ce");
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "28.5.2", reboot: false });
    assert.equal(code, 1);
    assert.match(stderr, /the packages can't be installed: docker-ce=5:28\.5\.2/);
    assert.deepEqual(changes().slice(-3), [hold, ...start]);
    assert.ok(!existsSync(path.join(folder, "policy-rc.d")));
  });

  it("installs the system's updates and plans the reboot last, with Docker's packages held", () => {
    const { code, stderr } = run("upgrade-engine", { name: "worker-1", engine: "", reboot: true });
    assert.equal(code, 0, stderr);
    assert.deepEqual(changes(), [
      hold,
      "apt-get upgrade --with-new-pkgs -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold",
      "systemd-run --quiet --on-active=2 systemctl reboot",
    ]);
  });

  it("reports what the host has to know before: another boot, room, updates, a wish for a reboot", () => {
    const ask = (engine: string): Record<string, unknown> => {
      const { stdout, stderr } = run("host-system", { name: "worker-1", engine, lists: false });
      assert.notEqual(stdout, "", stderr);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const { boot, freeKib, ...rest } = ask("28.5.2");
    assert.match(String(boot), /^[0-9a-f-]{36}-\d+$/);
    assert.ok(Number(freeKib) > 0);
    assert.deepEqual(rest, { offered: true, updates: 2, restart: false });
    writeFileSync(path.join(folder, "reboot-required"), "");
    const { offered, restart } = ask("28.5.3");
    assert.deepEqual([offered, restart], [false, true]);
  });

  it("fails where apt can't plan the updates, rather than report none", () => {
    writeFileSync(path.join(folder, "fails"), "--simulate");
    const { code, stderr } = run("host-system", { name: "worker-1", engine: "28.5.2", lists: false });
    assert.equal(code, 1);
    assert.match(stderr, /apt can't plan/);
  });

  describe("and its return", () => {
    /** What the Docker engine answers: a state of its swarm until it is unlocked. */
    const back = (state: string, data: StepData = {}, agent = "echo LISTEN"): BashRan => {
      writeFileSync(path.join(folder, "state"), state);
      writeFileSync(
        path.join(folder, "curl"),
        `#!/bin/bash
case \${*: -1} in
*/info) printf '{"LocalNodeState":"%s"}\\n200' "$(<"$folder/state")" ;;
*/unlock) [ "$(jq -r .UnlockKey)" = SWMKEY ] || { printf '{"message":"invalid key"}\\n400'; exit; }; printf active >"$folder/state"; printf '\\n200' ;;
*/version) printf '{"Version":"28.5.2"}\\n200' ;;
*) printf 'OK\\n200' ;;
esac
`,
      );
      writeFileSync(path.join(folder, "ss"), `#!/bin/bash\n${agent}\n`);
      chmodSync(path.join(folder, "ss"), 0o755);
      return run("engine-back", { name: "manager-1", ...data });
    };

    it("unlocks a manager of an autolocked swarm", () => {
      const { stdout, stderr } = back("locked", { unlockKey: "SWMKEY" });
      assert.deepEqual(JSON.parse(stdout), { version: "28.5.2" }, stderr);
      assert.match(back("locked").stderr, /locked, and this step has no key\. Unlock it: npm run repair/);
      assert.match(back("locked", { unlockKey: "SWMKEY-old" }).stderr, /invalid key/);
    });

    it("unlocks it again where only another start brings the gossip agent", () => {
      const restart = `#!/bin/bash\nnote systemctl "$@"\n[ "$1" != restart ] || { printf locked >"$folder/state"; : >"$folder/agent"; }\n`;
      writeFileSync(path.join(folder, "systemctl"), restart);
      const { stdout, stderr } = back("locked", { unlockKey: "SWMKEY" }, '[ ! -e "$folder/agent" ] || echo LISTEN');
      assert.deepEqual(JSON.parse(stdout), { version: "28.5.2" }, stderr);
    });

    it("is none while the reboot that was planned hasn't begun", () => {
      assert.equal(back("active").code, 0);
      assert.equal(run("upgrade-engine", { name: "manager-1", engine: "", reboot: true }).code, 0);
      assert.match(back("active").stderr, /a reboot of manager-1 is planned/);
    });
  });
});
